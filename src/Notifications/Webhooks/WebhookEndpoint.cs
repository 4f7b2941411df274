using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>An endpoint that hears what happened.</summary>
public sealed record WebhookEndpoint
{
    /// <summary>Its id.</summary>
    public Guid Id { get; init; }
    /// <summary>Where it is.</summary>
    public required string Url { get; init; }
    /// <summary>For people.</summary>
    public required string Description { get; init; }
    /// <summary>What it hears; none = everything.</summary>
    public required string[] EventTypes { get; init; }
    /// <summary>Whether it hears anything.</summary>
    public bool Enabled { get; init; }
    /// <summary>Why it does not, when it was not an administrator who disabled it.</summary>
    public string? DisabledReason { get; init; }
    /// <summary>The first failure since the last delivery that was taken.</summary>
    public DateTime? FailingSince { get; init; }
    /// <summary>Until then the secret before this one signs along.</summary>
    public DateTime? OldSecretUntil { get; init; }
    /// <summary>When it was added.</summary>
    public DateTime CreatedAt { get; init; }
    /// <summary>When it was changed last.</summary>
    public DateTime UpdatedAt { get; init; }
    /// <summary>What its deliveries are signed with, `whsec_…`: only in the answer that makes it, so keep it; null ever after.</summary>
    public string? Secret { get; init; }

    internal string KeptSecret { get; init; } = null!; // encrypted
    internal string? OldSecret { get; init; }
    internal DateTime? DeletedAt { get; init; }

    /// <summary>Of it and of the database's time; what is over is not shown.</summary>
    internal WebhookEndpoint At(DateTime now) => OldSecretUntil <= now ? this with { OldSecretUntil = null } : this;

    /// <summary>The endpoint as its row has it, held until the end of the transaction; and what time it is.</summary>
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

/// <summary>What an administrator says of an endpoint.</summary>
/// <param name="Url">`https://…`, without a user in it; `http` on this machine only, where private networks are allowed.</param>
/// <param name="EventTypes">What it is to hear; empty = everything, also what will be added.</param>
/// <param name="Description">For people, at most 200 characters.</param>
/// <param name="Enabled">Whether it hears anything.</param>
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

    // What a name leads to is judged when it is called; an address can be judged at once.
    private static bool IsEndpoint(string text, bool allowsPrivate) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { UserInfo: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && allowsPrivate))
        && (allowsPrivate || !(url.IsLoopback || (IPAddress.TryParse(url.DnsSafeHost, out var address) && !WebhookHttp.IsPublic(address))));
}
