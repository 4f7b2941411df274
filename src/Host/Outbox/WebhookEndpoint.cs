using System.Net;
using BillingMonolith.Audit;
using Dapper;
using FluentValidation;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Outbox;

/// <summary>An endpoint that hears what happened.</summary>
internal sealed record WebhookEndpoint
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

    internal const string Columns = """
        id, url, description, event_types AS EventTypes, enabled, disabled_reason AS DisabledReason, failing_since AS FailingSince,
        CASE WHEN old_secret_until > now() THEN old_secret_until END AS OldSecretUntil, created_at AS CreatedAt, updated_at AS UpdatedAt
        """;

    /// <summary>The endpoint, held until the end of the transaction.</summary>
    /// <exception cref="RefusalException">There is none (404).</exception>
    public static async Task<WebhookEndpoint> LockAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<WebhookEndpoint>(new CommandDefinition(
            $"SELECT {Columns} FROM webhook_endpoints WHERE id = @id AND deleted_at IS NULL FOR UPDATE", new { id }, cancellationToken: cancellationToken))
        ?? throw new RefusalException(HttpStatusCode.NotFound, "endpoint-not-found", "There is no webhook endpoint with this id.");
}

/// <summary>What an administrator says of an endpoint.</summary>
/// <param name="Url">`https://…`, without a user in it; `http` on this machine only, where private networks are allowed.</param>
/// <param name="EventTypes">What it is to hear; empty = everything, also what will be added.</param>
/// <param name="Description">For people, at most 200 characters.</param>
/// <param name="Enabled">Whether it hears anything.</param>
internal sealed record EndpointTerms(string Url, string[] EventTypes, string Description = "", bool Enabled = true);

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
