using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>An endpoint that receives events.</summary>
public sealed record WebhookEndpoint
{
    /// <summary>Its id.</summary>
    public Guid Id { get; init; }
    /// <summary>Its address.</summary>
    public required string Url { get; init; }
    /// <summary>A description for people.</summary>
    public required string Description { get; init; }
    /// <summary>The event types that it receives; none = all.</summary>
    public required string[] EventTypes { get; init; }
    /// <summary>Whether it receives events.</summary>
    public bool Enabled { get; init; }
    /// <summary>The reason, when it was not an administrator who disabled it.</summary>
    public string? DisabledReason { get; init; }
    /// <summary>The first failure since the last successful delivery.</summary>
    public DateTime? FailingSince { get; init; }
    /// <summary>The time until which the previous secret also signs.</summary>
    public DateTime? OldSecretUntil { get; init; }
    /// <summary>The time of creation.</summary>
    public DateTime CreatedAt { get; init; }
    /// <summary>The time of the last change.</summary>
    public DateTime UpdatedAt { get; init; }
    /// <summary>The secret that signs its deliveries, `whsec_…`: only in the response that creates it, so keep it; null afterwards.</summary>
    public string? Secret { get; init; }

    internal string KeptSecret { get; init; } = null!; // encrypted
    internal string? OldSecret { get; init; }
    internal DateTime? DeletedAt { get; init; }

    /// <summary>Built from the row and the database's time; a past deadline is not shown.</summary>
    internal WebhookEndpoint At(DateTime now) => OldSecretUntil <= now ? this with { OldSecretUntil = null } : this;

    /// <summary>The endpoint's row, locked until the transaction ends, and the present time.</summary>
    /// <exception cref="RefusalException">There is none (404).</exception>
    internal static async Task<(WebhookEndpoint Row, DateTime Now)> LockAsync(NotificationsContext db, Guid id, CancellationToken cancellationToken)
    {
        var found = await db.Endpoints.FromSql($"SELECT * FROM webhook_endpoints WHERE id = {id} AND deleted_at IS NULL FOR UPDATE")
            .Select(e => new { Row = e, Now = NotificationsContext.Now() }).SingleOrDefaultAsync(cancellationToken)
            ?? throw new RefusalException(HttpStatusCode.NotFound, "endpoint-not-found", "There is no webhook endpoint with this id.");
        return (found.Row, found.Now);
    }
}

internal sealed class WebhookEndpointConfiguration : IEntityTypeConfiguration<WebhookEndpoint>
{
    public void Configure(EntityTypeBuilder<WebhookEndpoint> endpoint)
    {
        endpoint.ToTable("webhook_endpoints");
        endpoint.Ignore(e => e.Secret);
        endpoint.Property(e => e.KeptSecret).HasColumnName("secret");
        endpoint.Property(e => e.OldSecret);
        endpoint.Property(e => e.DeletedAt);
        endpoint.Property(e => e.CreatedAt).HasDefaultValueSql("now()");
        endpoint.Property(e => e.UpdatedAt).HasDefaultValueSql("now()");
    }
}

/// <summary>The terms of an endpoint, as an administrator sets them.</summary>
/// <param name="Url">`https://…`, without a user in it; `http` on this machine only, where private networks are allowed.</param>
/// <param name="EventTypes">The event types to receive; empty = all, also future ones.</param>
/// <param name="Description">For people, at most 200 characters.</param>
/// <param name="Enabled">Whether it receives events.</param>
public sealed record EndpointTerms(string Url, string[] EventTypes, string Description = "", bool Enabled = true);

internal sealed class EndpointTermsValidator : AbstractValidator<EndpointTerms>
{
    public EndpointTermsValidator(IOptions<WebhooksOptions> options)
    {
        RuleFor(t => t.Url).MaximumLength(2000).Must(url => IsEndpoint(url, options.Value.AllowPrivateNetworks))
            .WithMessage("An https address in the public internet, without a user and without a fragment.");
        RuleForEach(t => t.EventTypes).Must(OutgoingEventTypes.All.Contains).WithMessage($"One of {string.Join(", ", OutgoingEventTypes.All)}.");
        RuleFor(t => t.Description).MaximumLength(200).Must(d => !d.Any(char.IsControl)).WithMessage("At most 200 characters, in one line.");
    }

    // A name is checked when it is connected to, because only then its address is known; an address can be checked at once.
    private static bool IsEndpoint(string text, bool allowsPrivate) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { UserInfo: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && allowsPrivate))
        && (allowsPrivate || !(url.IsLoopback || (IPAddress.TryParse(url.DnsSafeHost, out var address) && !WebhookHttp.IsPublic(address))));
}
