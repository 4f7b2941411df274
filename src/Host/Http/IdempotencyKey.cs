using System.Net;
using System.Reflection;
using BillingMonolith.Host.Callers;
using BillingMonolith.SharedKernel;
using Microsoft.OpenApi;

namespace BillingMonolith.Host.Http;

/// <summary>
/// The header <c>Idempotency-Key</c> of a route that requires it, as a parameter of its handler; a nullable one is optional. A
/// repeated answer says so in <c>Idempotent-Replayed</c>.
/// </summary>
internal sealed record IdempotencyKey(RequestKey Value)
{
    private const int Longest = 255;
    private const string Header = "Idempotency-Key";
    private const string Replayed = "Idempotent-Replayed";
    private const string Rule = "1 to 255 printable ASCII characters, new for each new request, the same when you repeat one.";

    private const string Required = "idempotency-key-required";
    private const string Invalid = "idempotency-key-invalid";

    /// <summary>The additional answers of a route with a key.</summary>
    public static IReadOnlyList<Refuses> Refusals(ParameterInfo parameter) => IsOptional(parameter)
        ? [new(400, Invalid), new(422, "idempotency-key-reused")]
        : [new(400, Required), new(409, "in-progress"), new(422, "idempotency-key-reused")];

    public static ValueTask<IdempotencyKey?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var header = context.Request.Headers[Header];
        var isOptional = IsOptional(parameter);
        if (isOptional && header.Count == 0) return ValueTask.FromResult<IdempotencyKey?>(null);
        var key = header.ToString();
        if (key.Length is 0 or > Longest || !key.All(c => c is >= ' ' and <= '~'))
            throw new RefusalException(HttpStatusCode.BadRequest, isOptional ? Invalid : Required, $"Send the header {Header}: {Rule}");
        var caller = context.User.UserId
            ?? throw new InvalidOperationException("A route that takes an Idempotency-Key needs a policy that asks for a caller.");

        var replay = context.RequestServices.GetRequiredService<Replay>();
        context.Response.OnStarting(() =>
        {
            if (replay.Happened) context.Response.Headers[Replayed] = "true";
            return Task.CompletedTask;
        });
        return ValueTask.FromResult<IdempotencyKey?>(new IdempotencyKey(new RequestKey(caller, key, Operation(context), Problem.TraceId(context))));
    }

    private static string Operation(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName
        ?? throw new InvalidOperationException("A route that takes an Idempotency-Key needs a name.");

    /// <summary>The two headers in the API's description, where a parameter that binds itself would be missing.</summary>
    public static void Describe(OpenApiOperation operation, ParameterInfo parameter)
    {
        var isOptional = IsOptional(parameter);
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = Header, In = ParameterLocation.Header, Required = !isOptional,
            Description = isOptional ? $"{Rule} Without one, each request is a new one." : $"{Rule} The first answer comes again for 30 days.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = Longest, Pattern = "^[ -~]+$" },
        });
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (status[0] != '2' || response is not OpenApiResponse answer) continue;
            answer.Headers ??= new Dictionary<string, IOpenApiHeader>();
            answer.Headers[Replayed] = new OpenApiHeader
            {
                Description = "`true` when this answer was given before; absent otherwise.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
        }
    }

    private static bool IsOptional(ParameterInfo parameter) => new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.Nullable;
}
