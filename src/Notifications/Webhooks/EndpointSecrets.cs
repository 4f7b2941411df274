using Microsoft.AspNetCore.DataProtection;

namespace BillingMonolith.Notifications;

/// <summary>Endpoints' secrets in the database: encrypted with the keys that all hosts share.</summary>
internal sealed class EndpointSecrets(IDataProtectionProvider protection)
{
    private readonly IDataProtector protector = protection.CreateProtector("BillingMonolith.Outbox.EndpointSecrets");

    public string Write(string secret) => protector.Protect(secret);

    public string Read(string kept) => protector.Unprotect(kept);
}
