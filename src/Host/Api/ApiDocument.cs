using System.Text.Json.Nodes;
using BillingMonolith.Host.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;

namespace BillingMonolith.Host.Api;

/// <summary>An example body of a route's request, answer or both, as the document and its readers show it.</summary>
internal sealed record Example(string? Request = null, string? Response = null);

/// <summary>The API's description (OpenAPI 3.1) at /openapi/v1.json, and a page to read and try it at /docs that needs nothing from elsewhere.</summary>
internal static class ApiDocument
{
    private const string Address = "/openapi/v1.json";
    private const string Bearer = "Bearer";
    private const string Session = "Session";

    private static readonly Dictionary<string, string> Refusals = new()
    {
        ["400"] = "The input is not valid: `errors` names each member.",
        ["401"] = "Not authenticated.",
        ["403"] = "Not allowed.",
        ["429"] = "Too many requests: wait as long as `Retry-After` says, in seconds.",
        ["503"] = "Not possible now: wait as long as `Retry-After` says, in seconds.",
    };

    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", o =>
    {
        o.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        o.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (!metadata.OfType<IAllowAnonymous>().Any()) Secure(operation, context.Document!, metadata.OfType<IAuthorizeData>().Last().Policy!);
            foreach (var example in metadata.OfType<Example>()) Show(operation, example);
            return Task.CompletedTask;
        });
    });

    /// <summary>Before routing: the page is made of files that everybody may read.</summary>
    public static void UseApiPage(this IApplicationBuilder app) => app.UseSwaggerUI(ui =>
    {
        ui.RoutePrefix = "docs";
        ui.DocumentTitle = "Billing API";
        ui.SwaggerEndpoint(Address, "Billing API v1");
        ui.EnableTryItOutByDefault();
        ui.ConfigObject.AdditionalItems["syntaxHighlight"] = false;
    });

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOpenApi(Address).AllowAnonymous().ExcludeFromDescription();

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "BillingMonolith",
            Version = "v1",
            Description = "Plans, credits and orders of signed-in users. Amounts are integers in minor units with their currency; times are RFC 3339 in UTC.\n\n"
                + "Refusals are problems (RFC 9457, `application/problem+json`): `error` is the word for machines, `detail` the sentence for "
                + "people, `trace_id` what to tell support.\n\n"
                + $"With a browser session, requests that change something send `csrf_token` of `GET /api/v1/me` in the header `{CrossSite.HeaderName}`.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT",
                Description = "An access token of the realm with this API in its `aud`.",
            },
            [Session] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = SessionHandler.CookieName,
                Description = "The browser's session, from /login.",
            },
        };
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas["Problem"] = Problem();
    }

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457.",
        Required = new HashSet<string> { "status", "title", "error" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri-reference" },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What is wrong and what to do, for people." },
            ["error"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The word for machines." },
            ["trace_id"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "By member.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
    };

    private static void Secure(OpenApiOperation operation, OpenApiDocument document, string policy)
    {
        operation.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Session, document)] = [] },
        ];
        operation.Description = $"{operation.Description}\n\nFor: **{policy}**.".Trim();
        operation.Responses ??= [];
        foreach (var (status, description) in Refusals)
        {
            operation.Responses[status] = new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference("Problem", document) },
                },
            };
        }
    }

    private static void Show(OpenApiOperation operation, Example example)
    {
        if (example.Request is not null && operation.RequestBody?.Content?.Values.FirstOrDefault() is { } body) body.Example = JsonNode.Parse(example.Request);
        if (example.Response is null || operation.Responses is null) return;
        foreach (var (status, response) in operation.Responses)
        {
            if (status[0] == '2' && response.Content?.Values.FirstOrDefault() is { } answer) answer.Example = JsonNode.Parse(example.Response);
        }
    }
}
