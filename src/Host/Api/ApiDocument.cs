using System.Text.Json;
using BillingMonolith.Host.Access;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace BillingMonolith.Host.Api;

/// <summary>The API's description (OpenAPI 3.1) at /openapi/v1.json, and a page to read and try it at /docs that loads nothing from other servers.</summary>
internal static class ApiDocument
{
    internal const string ProblemSchema = "Problem";
    private const string Address = "/openapi/v1.json";
    private const string Bearer = "Bearer";
    private const string Session = "Session";

    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", o =>
    {
        o.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            OpenAnswers(document);
            return Task.CompletedTask;
        });
        o.AddOperationTransformer(ApiOperation.DescribeAsync);
        o.CreateSchemaReferenceId = type => type.Type == typeof(JsonElement) ? null : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        o.AddSchemaTransformer((schema, context, _) =>
        {
            Complete(schema, context);
            return Task.CompletedTask;
        });
    });

    /// <summary>Before routing, because the page's files are public.</summary>
    public static void UseApiPage(this IApplicationBuilder app) => app.UseSwaggerUI(ui =>
    {
        ui.RoutePrefix = "docs";
        ui.DocumentTitle = "Billing API";
        ui.SwaggerEndpoint(Address, "Billing API v1");
        ui.EnableTryItOutByDefault();
        ui.ConfigObject.AdditionalItems["syntaxHighlight"] = false;
        ui.HeadContent = "<style>.swagger-ui .topbar { display: none }</style>"; // one definition: nothing to select
    });

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOpenApi(Address).AllowAnonymous().ExcludeFromDescription();

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "BillingMonolith",
            Version = "v1",
            Description = "Plans, credits and orders of signed-in users. Amounts are integers in minor units with their currency, "
                + "times are RFC 3339 in UTC.\n\n"
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
        document.Components.Schemas[ProblemSchema] = Problem();
    }

    // The framework cannot describe types of our own converters, or facts of any shape.
    private static void Complete(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(JsonElement)) schema.Type = JsonSchemaType.Object;
        if (type != typeof(DateTimeOffset) && type != typeof(DateTimeOffset?)) return;
        schema.Format = "date-time";
        var mayBeNull = type == typeof(DateTimeOffset?) && context.JsonPropertyInfo is not null;
        schema.Type = mayBeNull ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
    }

    /// <summary>Requests are strict, and so are their schemas; answers may gain members later, and a client generated from this must tolerate them.</summary>
    private static void OpenAnswers(OpenApiDocument document)
    {
        var asked = document.Paths.Values.SelectMany(p => p.Operations!.Values).Select(o => o.RequestBody?.Content?.Values.First().Schema)
            .OfType<OpenApiSchemaReference>().Select(s => s.Reference.Id).ToHashSet();
        foreach (var (name, schema) in document.Components!.Schemas!)
        {
            if (!asked.Contains(name) && schema is OpenApiSchema answer) answer.AdditionalPropertiesAllowed = true;
            foreach (var member in (schema.Properties ?? new Dictionary<string, IOpenApiSchema>()).Values.OfType<OpenApiSchema>()) NameOptional(member);
        }
    }

    // An optional object is "null or this one", which the framework cannot describe.
    private static void NameOptional(OpenApiSchema member)
    {
        if (member.Type is not null || member.OneOf?.OfType<OpenApiSchemaReference>().FirstOrDefault() is not { } named) return;
        member.Type = JsonSchemaType.Object | JsonSchemaType.Null;
        member.Description ??= named.Description;
    }

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457.",
        Required = new HashSet<string> { "status", "title", "error" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri-reference", Description = "Always `about:blank`: `error` says it." },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What the status means." },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status again." },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What is wrong and what to do, for people." },
            ["error"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The word for machines." },
            ["trace_id"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What to tell support: the log knows more under it." },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With `invalid-input`: what is wrong, by member.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
    };

    public static List<OpenApiSecurityRequirement> Security(OpenApiDocument document) =>
    [
        new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
        new() { [new OpenApiSecuritySchemeReference(Session, document)] = [] },
    ];
}
