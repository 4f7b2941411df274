using System.Text.Json;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;

namespace BillingMonolith.Notifications;

/// <summary>
/// Sends mail. When the connection breaks before the server can confirm a mail, the server gets it again, under the same Message-ID: that is how mail works,
/// and the mail client shows one.
/// </summary>
internal sealed class MailWorker(
    OutboxQueue queue, IServiceScopeFactory scopes, MailTemplates templates, Backoff backoff, IOptionsMonitor<MailOptions> mail,
    IOptions<InboxOptions> options, TimeProvider time, ILogger<MailWorker> log)
    : OutboxWorker(OutboxKind.Mail, queue, scopes, options, time, log)
{
    protected override int AtOnce => mail.CurrentValue.IsOn ? mail.CurrentValue.AtOnce : 0;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (mail.CurrentValue.Server is { } server) Log.LogInformation("Mail goes out over {Server}", server.ToString());
        else Log.LogInformation("There is no mail server (Mail__SmtpUrl): no mail is written and none is sent");
        return base.ExecuteAsync(stoppingToken);
    }

    protected override TimeSpan? Again(OutboxItem item, Delivery.Failed failed) => backoff.IsSpent(item.Try) ? null : backoff.Delay(item.Try, failure: null);

    protected override async Task<Delivery> SendAsync(IServiceProvider services, OutboxItem item, CancellationToken cancellationToken)
    {
        var settings = mail.CurrentValue;
        var message = JsonSerializer.Deserialize<MailMessage>(item.Payload!, OutboxWriter.Plain)!;
        var (to, why) = await RecipientAsync(services, message, cancellationToken);
        if (to is null) return new Delivery.Refused(why);
        return await new SmtpTransport(settings.Server!, Compose(settings, item, message, to)).SendAsync(cancellationToken);
    }

    private MimeMessage Compose(MailOptions settings, OutboxItem item, MailMessage message, MailboxAddress to)
    {
        var from = Mailboxes.TryParse(settings.From)!;
        var words = templates.Render(message.Template, new Dictionary<string, string>(message.Facts)
        {
            ["origin"] = settings.Origin?.GetLeftPart(UriPartial.Authority) ?? "",
            ["sender"] = from.Name is { Length: > 0 } name ? name : from.Domain,
            ["recipient"] = to.Name ?? "",
        });
        var id = MailMime.IdOf(item.Key, settings.Origin?.Host ?? from.Domain);
        return MailMime.Of(from, to, Mailboxes.TryParse(settings.ReplyTo), id, new DateTimeOffset(item.CreatedAt), words);
    }

    // An invalid address is not corrected, because a person should see it.
    private async Task<(MailboxAddress? To, string Why)> RecipientAsync(IServiceProvider services, MailMessage message, CancellationToken cancellationToken)
    {
        if (message.To is { Length: > 0 } given)
            return (Mailboxes.Of(name: null, given), "What stands where the recipient's address should be is no address that mail can go to.");
        if (message.UserId is not { Length: > 0 } user) return (null, "It names nobody to send it to.");
        var contact = await services.GetRequiredService<IAddressBook>().FindAsync(user, cancellationToken);
        return contact is null ? (null, $"Keycloak has no user {user}, or none with an e-mail address. Give the user one, then retry.")
            : (Mailboxes.Of(contact.Name, contact.Email),
                $"The e-mail address that Keycloak has for user {user} is none that mail can go to. Mend it, then retry.");
    }
}
