using BillingMonolith.Billing.Lago;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Database;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Jobs;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Reconcile;
using BillingMonolith.Identity;
using BillingMonolith.Notifications;
using BillingMonolith.SharedKernel;
using FluentValidation;

namespace BillingMonolith.Host.Startup;

/// <summary>All settings, bound once and checked together, so that all mistakes are reported at once.</summary>
internal static class Settings
{
    /// <summary>The problems, one sentence each with the remedy; empty when the host, or a command that receives no webhooks, can start.</summary>
    public static IReadOnlyList<string> Problems(IConfiguration configuration, bool serves = true) =>
    [
        .. Of<DatabaseOptions>(configuration, DatabaseOptions.Section, new DatabaseOptionsValidator()),
        .. Of<StripeOptions>(configuration, StripeOptions.Section, new StripeOptionsValidator(serves)),
        .. Of<LagoOptions>(configuration, LagoOptions.Section, new LagoOptionsValidator()),
        .. Of<KeycloakOptions>(configuration, KeycloakOptions.Section, new KeycloakOptionsValidator()),
        .. Of<CreditsOptions>(configuration, CreditsOptions.Section, new CreditsOptionsValidator()),
        .. Of<AccessOptions>(configuration, AccessOptions.Section, new AccessOptionsValidator()),
        .. Of<LimitsOptions>(configuration, LimitsOptions.Section, new LimitsOptionsValidator()),
        .. Of<InboxOptions>(configuration, InboxOptions.Section, new InboxOptionsValidator()),
        .. Of<GraceOptions>(configuration, GraceOptions.Section, new GraceOptionsValidator()),
        .. Of<ShopOptions>(configuration, ShopOptions.Section, new ShopOptionsValidator()),
        .. Of<MailOptions>(configuration, MailOptions.Section, new MailOptionsValidator()),
        .. Of<WebhooksOptions>(configuration, WebhooksOptions.Section, new WebhooksOptionsValidator()),
        .. Of<NeighboursOptions>(configuration, NeighboursOptions.Section, new NeighboursOptionsValidator()),
        .. Of<ReconcileOptions>(configuration, ReconcileOptions.Section, new ReconcileOptionsValidator()),
        .. StripeSources.Problems(configuration),
    ];

    public static IServiceCollection AddSettings(this IServiceCollection services, IConfiguration configuration) => services
        .Configure<DatabaseOptions>(configuration.GetSection(DatabaseOptions.Section))
        .Configure<AccessOptions>(configuration.GetSection(AccessOptions.Section))
        .Configure<LimitsOptions>(configuration.GetSection(LimitsOptions.Section))
        .Configure<StripeOptions>(configuration.GetSection(StripeOptions.Section))
        .Configure<MailOptions>(configuration.GetSection(MailOptions.Section))
        .Configure<WebhooksOptions>(configuration.GetSection(WebhooksOptions.Section))
        .Configure<ShopOptions>(configuration.GetSection(ShopOptions.Section))
        .Configure<GraceOptions>(configuration.GetSection(GraceOptions.Section))
        .Configure<ReconcileOptions>(configuration.GetSection(ReconcileOptions.Section))
        .Configure<NeighboursOptions>(configuration.GetSection(NeighboursOptions.Section))
        .Configure<InboxOptions>(configuration.GetSection(InboxOptions.Section));

    private static IEnumerable<string> Of<T>(IConfiguration configuration, string section, AbstractValidator<T> validator) where T : class, new()
    {
        T options;
        try
        {
            options = configuration.GetSection(section).Get<T>() ?? new T();
        }
        catch (InvalidOperationException e)
        {
            return [$"{section}: {e.Message}"]; // text instead of a number
        }

        return validator.Validate(options).Errors.Select(e => e.ErrorMessage).Distinct();
    }
}
