using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Refit;

namespace BillingMonolith.Billing.Lago;

/// <summary>
/// The wire format of <see cref="ILagoApi"/>: snake_case, nulls left out, and every unexpected answer is a <see cref="LagoException"/>.
/// </summary>
internal static class LagoRefit
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };

    public static RefitSettings Settings { get; } = new(new SystemTextJsonContentSerializer(Json))
    {
        ExceptionFactory = async response => response.IsSuccessStatusCode ? null : await LagoException.ReadAsync(response),
        DeserializationExceptionFactory = (response, wrong) => new(LagoException.Unreadable(response, wrong)),
        // Exceptions of the handlers (a limit, a requested pause, OnlyLooking) reach the caller unchanged.
        TransportExceptionFactory = (_, thrown, _) => thrown,
    };

    /// <summary>Address and key of a new client; they are read each time, so that a rotated key takes effect at once.</summary>
    public static void Configure(IServiceProvider services, HttpClient http)
    {
        var lago = services.GetRequiredService<IOptionsMonitor<LagoOptions>>().CurrentValue;
        http.BaseAddress = new Uri(lago.ApiUrl);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", lago.ApiKey.Trim());
    }

    /// <summary>The same API through another named client.</summary>
    public static LagoClient Client(this IHttpClientFactory clients, string name) =>
        new(RestService.ForGenerated<ILagoApi>(clients.CreateClient(name), Settings));
}
