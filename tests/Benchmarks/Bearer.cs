using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Benchmarks;

/// <summary>One check of a bearer token with the keys at hand, principal included, on one thread; and the bare RSA verification in it.</summary>
internal static class Bearer
{
    private const int Turns = 9;
    private const int Checks = 4_000;
    private const double AimMicroseconds = 300;
    private const string Issuer = "http://keycloak/realms/benchmark";

    public static async Task<IReadOnlyList<Finding>> MeasureAsync()
    {
        using var key = RSA.Create(2048);
        await using var services = Services(key);
        var tokens = services.GetRequiredService<TokenValidator>();
        var token = Token(key);
        var end = token.LastIndexOf('.');
        var (signed, signature) = (Encoding.ASCII.GetBytes(token, 0, end), Base64Url.DecodeFromChars(token.AsSpan(end + 1)));

        var (ours, bare, bytes) = (new List<double>(), new List<double>(), 0L);
        for (var turn = 0; turn <= Turns; turn++) // the first one warms up
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            for (var check = 0; check < Checks; check++) await CheckAsync(tokens, token);
            ours.Add(Microseconds(watch));
            bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Checks;

            watch.Restart();
            for (var check = 0; check < Checks; check++)
            {
                if (!key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)) throw new InvalidOperationException();
            }

            bare.Add(Microseconds(watch));
        }

        var (check1, verify1) = (Run.Median(ours.Skip(1)), Run.Median(bare.Skip(1)));
        return
        [
            new("Bearer token checked", $"{Text(check1)}, {(bytes / 1024d).ToString("0.0", CultureInfo.InvariantCulture)} KB", $"aim: {Text(AimMicroseconds)}",
                check1 / AimMicroseconds, AtMost: 1),
            new("", Text(check1), $"its RSA verification: {Text(verify1)}", Run.Median(ours.Skip(1).Zip(bare.Skip(1), (o, b) => o / b))),
        ];
    }

    // Once the keys are there a check never waits: it stays on this thread.
    private static async ValueTask CheckAsync(TokenValidator tokens, string token)
    {
        var result = await tokens.ValidateAsync(token, TokenUse.Access, CancellationToken.None);
        if (Caller.Principal(result.Claims ?? throw new InvalidOperationException(result.Problem), "Bearer").UserId is not { Length: > 0 })
            throw new InvalidOperationException("The caller has no id.");
    }

    private static ServiceProvider Services(RSA key)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System);
        services.AddHttpClient("keycloak").ConfigurePrimaryHttpMessageHandler(() => new Certs(key));
        services.Configure<KeycloakOptions>(o => (o.Url, o.Realm, o.ClientId) = ("http://keycloak", "benchmark", "billing"));
        services.AddOptions<AccessOptions>();
        services.AddAuthentication().AddBearer();
        return services.BuildServiceProvider();
    }

    private static string Token(RSA key)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = "benchmark" };
        var claims = new JsonObject
        {
            ["exp"] = now + 3_600, ["iat"] = now, ["jti"] = Guid.NewGuid().ToString(), ["iss"] = Issuer, ["aud"] = new JsonArray("billing", "account"),
            ["sub"] = Guid.NewGuid().ToString(), ["typ"] = "Bearer", ["azp"] = "shop", ["sid"] = Guid.NewGuid().ToString(), ["acr"] = "1",
            ["realm_access"] = new JsonObject { ["roles"] = new JsonArray("default-roles-benchmark", "offline_access", "uma_authorization") },
            ["resource_access"] = new JsonObject
            {
                ["account"] = new JsonObject { ["roles"] = new JsonArray("manage-account", "manage-account-links", "view-profile") },
            },
            ["scope"] = "openid email profile", ["email_verified"] = true, ["name"] = "Ada Lovelace", ["preferred_username"] = "ada",
            ["given_name"] = "Ada", ["family_name"] = "Lovelace", ["email"] = "ada.lovelace@example.com",
        };
        var content = $"{Encode(header)}.{Encode(claims)}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{content}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static double Microseconds(Stopwatch watch) => watch.Elapsed.TotalMicroseconds / Checks;

    private static string Text(double microseconds) => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} µs");

    /// <summary>Stands for the network: what is measured begins when the keys are there.</summary>
    private sealed class Certs(RSA key) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var numbers = key.ExportParameters(includePrivateParameters: false);
            var jwk = new JsonObject
            {
                ["kid"] = "benchmark", ["kty"] = "RSA", ["alg"] = "RS256", ["use"] = "sig",
                ["n"] = Base64Url.EncodeToString(numbers.Modulus), ["e"] = Base64Url.EncodeToString(numbers.Exponent),
            };
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(new JsonObject { ["keys"] = new JsonArray(jwk) }.ToJsonString()),
            });
        }
    }
}
