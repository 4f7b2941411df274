using BillingMonolith.Host.Neighbours;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Webhook;

/// <summary>The webhook secrets in force. They follow the configuration without a restart; a reload to something unusable keeps the previous ones.</summary>
internal sealed class WebhookSecrets : IDisposable
{
    private readonly IDisposable? reload;
    private volatile IReadOnlyList<byte[]> secrets;
    private readonly TimeSpan tolerance;

    public WebhookSecrets(IOptionsMonitor<StripeOptions> options, ILogger<WebhookSecrets> log)
    {
        secrets = options.CurrentValue.SecretBytes;
        tolerance = TimeSpan.FromSeconds(options.CurrentValue.ToleranceSeconds);
        reload = options.OnChange(changed =>
        {
            if (new StripeOptionsValidator().Validate(changed) is { IsValid: false } result)
            {
                log.LogCritical("The changed Stripe settings are not usable; the previous webhook secrets stay in force. {Problems}",
                    string.Join(' ', result.Errors.Select(e => e.ErrorMessage)));
                return;
            }

            secrets = changed.SecretBytes;
            log.LogInformation("Webhook secrets reloaded: {Count} in force", changed.AllWebhookSecrets.Count);
        });
    }

    public bool Signed(ReadOnlySpan<byte> body, string header, DateTimeOffset now) => StripeSignature.Verify(body, header, secrets, now, tolerance);

    public void Dispose() => reload?.Dispose();
}
