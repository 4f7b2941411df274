using System.Net;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Refit;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// The wire format of the Admin API: every unexpected answer is a <see cref="KeycloakException"/>, which names the missing role.
/// </summary>
internal static class KeycloakRefit
{
    private const string Admin = "/admin/realms/";

    /// <summary>The wire format. A duplicate member is not JSON of Keycloak's.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
    };

    public static RefitSettings Settings(IOptionsMonitor<KeycloakOptions> options) => new(new SystemTextJsonContentSerializer(Json))
    {
        UrlParameterKeyFormatter = new CamelCaseUrlParameterKeyFormatter(),
        UrlParameterFormatter = new SmallBooleans(),
        ExceptionFactory = async response => response.IsSuccessStatusCode ? null
            : await KeycloakException.ReadAsync(response, Advice(response, options.CurrentValue), CancellationToken.None),
        DeserializationExceptionFactory = (response, _) => new(KeycloakException.NoJson(response)),
        // Exceptions of the handlers (a limit, a requested pause, a refused token) reach the caller unchanged.
        TransportExceptionFactory = (_, thrown, _) => thrown,
    };

    /// <summary>The address of a new client.</summary>
    public static void Configure(IServiceProvider services, HttpClient http) =>
        http.BaseAddress = new Uri(services.GetRequiredService<IOptionsMonitor<KeycloakOptions>>().CurrentValue.Url);

    private static string Advice(HttpResponseMessage response, KeycloakOptions options) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized => $"It does not accept a fresh token of client '{options.ClientId}': check that the client belongs to "
            + $"the realm '{options.Realm}' and that Keycloak:Url is the address by which Keycloak knows itself.",
        HttpStatusCode.Forbidden => $"Give the service account of client '{options.ClientId}' the role {Role(response.RequestMessage!)} of the client "
            + "realm-management.",
        HttpStatusCode.NotFound => "Check Keycloak:Url and Keycloak:Realm.",
        _ => "",
    };

    /// <summary>The role of realm-management that a request needs.</summary>
    private static string Role(HttpRequestMessage request)
    {
        var path = request.RequestUri!.AbsolutePath;
        var below = path[(path.IndexOf(Admin, StringComparison.Ordinal) + Admin.Length)..].Split('/');
        var what = below switch
        {
            [_, "users", "profile"] when request.Method == HttpMethod.Put => "realm",
            [_, "users", ..] => "users",
            [_, "clients", ..] => "clients",
            _ => "realm",
        };
        return $"{(request.Method == HttpMethod.Get ? "view" : "manage")}-{what}";
    }

    /// <summary>The format of Keycloak's own console.</summary>
    private sealed class SmallBooleans : DefaultUrlParameterFormatter
    {
        public override string? Format(object? value, ICustomAttributeProvider attributeProvider, Type type) =>
            value is bool flag ? (flag ? "true" : "false") : base.Format(value, attributeProvider, type);
    }
}
