using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;

namespace BillingMonolith.Host.Http;

/// <summary>
/// JSON of the API: snake_case, and strict. A member that is unknown, duplicate, missing, null or of another type is an error of the sender,
/// and is reported before any money moves.
/// </summary>
internal static class StrictJson
{
    private const int MaxDepth = 16;

    /// <summary>For output without translation: member names are given.</summary>
    public static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web);

    public static IServiceCollection AddStrictJson(this IServiceCollection services) => services
        .Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true) // in every environment: Faults words the answer
        .Configure<JsonOptions>(o => Apply(o.SerializerOptions));

    // JsonSerializerOptions.Strict, member by member: ASP.NET Core's own options cannot be replaced.
    private static void Apply(JsonSerializerOptions options)
    {
        var strict = JsonSerializerOptions.Strict;
        options.UnmappedMemberHandling = strict.UnmappedMemberHandling;
        options.AllowDuplicateProperties = strict.AllowDuplicateProperties;
        options.PropertyNameCaseInsensitive = strict.PropertyNameCaseInsensitive;
        options.RespectNullableAnnotations = strict.RespectNullableAnnotations;
        options.RespectRequiredConstructorParameters = strict.RespectRequiredConstructorParameters;
        options.NumberHandling = strict.NumberHandling;
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.MaxDepth = MaxDepth;
        options.Converters.Add(new OffsetTime());
    }
}
