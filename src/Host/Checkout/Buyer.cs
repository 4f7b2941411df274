using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using BillingMonolith.Host.Callers;

namespace BillingMonolith.Host.Checkout;

/// <summary>The buyer, from the token.</summary>
internal sealed record Buyer(string UserId, string? Email, string? Name)
{
    public static Buyer Of(ClaimsPrincipal caller) => new(caller.UserId!, caller.FindFirstValue("email"), caller.FindFirstValue("name"));

    /// <summary>
    /// Stripe's idempotency key for creating this buyer's customer: the same as long as the request is the same, because Stripe refuses a key with
    /// another request. A hash, because user ids of a federation can be of any length and alphabet.
    /// </summary>
    public string CustomerKey(string? instead) =>
        $"customer:{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((string?[])[UserId, Email, Name, instead])))}";
}
