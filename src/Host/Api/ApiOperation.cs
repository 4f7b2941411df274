using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace BillingMonolith.Host.Api;

/// <summary>The parts of an operation that the framework cannot derive from the route: permissions, errors and examples.</summary>
internal static class ApiOperation
{
    private static readonly Dictionary<string, string> Callers = new()
    {
        [Policies.SignedIn] = "whoever is signed in, person or service",
        [Policies.User] = "people, for what is their own",
        [Policies.Operator] = "operators and administrators",
        [Policies.Admin] = "administrators",
        [Policies.Grants] = "administrators, and services with the scope for it",
        [Policies.Features] = "administrators, and services with the scope for it",
        [Policies.Consume] = "people, for what is their own, and services with the scope for it",
    };

    private static readonly Dictionary<int, string> Meanings = new()
    {
        [400] = "The input is not valid.",
        [401] = "Not authenticated.",
        [402] = "It cannot be paid: too few credits, or a card that was declined.",
        [403] = "Not allowed.",
        [404] = "What it is about does not exist.",
        [409] = "It does not fit what is there now.",
        [412] = "It has changed since you read it.",
        [422] = "It cannot be done as it was asked.",
        [429] = "Too many requests.",
        [503] = "Not possible now.",
    };

    private static readonly Refuses[] EverywhereRefused =
        [new(400, "invalid-input"), new(401, "not-authenticated"), new(403, "forbidden"), new(429, "rate-limited"), new(503, "unavailable")];

    // Transient errors.
    private static readonly string[] Passing = ["in-progress", "rate-limited", "unavailable"];

    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var key = metadata.OfType<MethodInfo>().SelectMany(m => m.GetParameters()).FirstOrDefault(p => p.ParameterType == typeof(IdempotencyKey));
        // Query names bind in any case; the API writes them in lower case.
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(p => p.In == ParameterLocation.Query))
            parameter.Name = parameter.Name!.ToLowerInvariant();
        if (key is not null) IdempotencyKey.Describe(operation, key);
        foreach (var example in metadata.OfType<Example>()) Show(operation, example);
        if (metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Description = $"{operation.Description}\n\nFor everybody.".Trim();
            return Task.CompletedTask;
        }

        operation.Security = ApiDocument.Security(context.Document!);
        operation.Description = $"{operation.Description}\n\nFor {Callers[metadata.OfType<IAuthorizeData>().Last().Policy!]}.".Trim();
        IEnumerable<Refuses> refusals = [.. EverywhereRefused, .. metadata.OfType<Refuses>(), .. key is null ? [] : IdempotencyKey.Refusals(key)];
        foreach (var status in refusals.GroupBy(r => r.Status, r => r.Error).OrderBy(s => s.Key))
            operation.Responses![status.Key.ToString(CultureInfo.InvariantCulture)] = Refusal(status.Key, [.. status], context.Document!);
        return Task.CompletedTask;
    }

    private static OpenApiResponse Refusal(int status, List<string> errors, OpenApiDocument document) => new()
    {
        Description = $"{Meanings[status]} `error` is {string.Join(" or ", errors.Select(e => $"`{e}`"))}.",
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new()
            {
                Schema = new OpenApiSchemaReference(ApiDocument.ProblemSchema, document),
                Example = ExampleOf(status, errors[0]),
            },
        },
        Headers = !errors.Exists(Passing.Contains) ? null : new Dictionary<string, IOpenApiHeader>
        {
            ["Retry-After"] = new OpenApiHeader
            {
                Description = "Seconds to wait before the next try.", Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
            },
        },
    };

    private static JsonObject ExampleOf(int status, string error)
    {
        var problem = new JsonObject
        {
            ["type"] = "about:blank", ["title"] = ReasonPhrases.GetReasonPhrase(status), ["status"] = status, ["detail"] = Meanings[status],
            ["error"] = error, ["trace_id"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
        if (error == "invalid-input") problem["errors"] = new JsonObject { ["limit"] = new JsonArray("1 to 200.") };
        return problem;
    }

    private static void Show(OpenApiOperation operation, Example example)
    {
        if (example.Request is not null) operation.RequestBody!.Content!["application/json"].Example = JsonNode.Parse(example.Request);
        var answers = operation.Responses!.Where(r => r.Key[0] == '2').SelectMany(r => r.Value.Content!, (r, c) => (r.Key, c.Key, c.Value));
        foreach (var (status, type, body) in answers)
        {
            var shown = status == "202" ? example.Accepted : example.Response;
            if (type == "application/json" && shown is not null) body.Example = JsonNode.Parse(shown);
            else if (type != "application/json") body.Schema = new OpenApiSchema { Type = JsonSchemaType.String };
        }
    }
}
