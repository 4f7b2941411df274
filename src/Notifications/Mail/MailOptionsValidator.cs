using FluentValidation;

namespace BillingMonolith.Notifications;

/// <summary>The rules for the settings.</summary>
public sealed class MailOptionsValidator : AbstractValidator<MailOptions>
{
    /// <summary>Each rule names its setting.</summary>
    public MailOptionsValidator()
    {
        RuleFor(o => o.SmtpUrl).Must((o, _) => o.Server is not null).When(o => !string.IsNullOrWhiteSpace(o.SmtpUrl))
            .WithMessage("Mail:SmtpUrl is not the address of a mail server. Set Mail__SmtpUrl to smtp://user:password@host:587 (smtps:// for TLS from the "
                + "first byte; escape special characters), or leave it out: then no mail is sent.");
        RuleFor(o => o.StartTls).IsInEnum().WithMessage("Mail:StartTls is Auto, StartTls, SslOnConnect or None.");
        RuleFor(o => o.Port).InclusiveBetween(1, 65535).WithMessage("Mail:Port must be 1 to 65535.");
        RuleFor(o => o.From).Must(IsMailbox).When(o => o.IsOn)
            .WithMessage("Mail:From is missing or no address. Set Mail__From to the sender, such as Example <billing@example.com>.");
        RuleFor(o => o.ReplyTo).Must(IsMailbox).When(o => !string.IsNullOrEmpty(o.ReplyTo)).WithMessage("Mail:ReplyTo is no address.");
        RuleFor(o => o.OperatorAddress).Must(IsMailbox).When(o => !string.IsNullOrEmpty(o.OperatorAddress)).WithMessage("Mail:OperatorAddress is no address.");
        RuleFor(o => o.AtOnce).InclusiveBetween(0, 16).WithMessage("Mail:AtOnce must be 0 to 16.");
        RuleFor(o => o.TemplatesFolder).Must(Directory.Exists).When(o => !string.IsNullOrEmpty(o.TemplatesFolder))
            .WithMessage("Mail:TemplatesFolder '{PropertyValue}' is not there. Make it, or leave Mail__TemplatesFolder out.")
            .DependentRules(() => RuleFor(o => o.TemplatesFolder).Custom((folder, context) =>
            {
                foreach (var problem in MailTemplates.Read(folder).Problems) context.AddFailure(problem);
            }));
    }

    // Our own addresses must be acceptable to every server.
    private static bool IsMailbox(string? text) => Mailboxes.TryParse(text) is { } mailbox && !Mailboxes.NeedsUtf8(mailbox);
}
