using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>Mail to the operator of this service, if there is an address.</summary>
internal sealed class OperatorMail(OutboxWriter outbox, IOptionsMonitor<MailOptions> mail)
{
    public async Task TellAsync(string key, string template, string cause, Dictionary<string, string> facts)
    {
        if (Mailboxes.TryParse(mail.CurrentValue.OperatorAddress) is not { } to) return;
        await outbox.MailAsync(new MailMessage(key, template, cause) { To = to.Address, Facts = facts }, CancellationToken.None);
    }
}
