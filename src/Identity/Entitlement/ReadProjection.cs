using BillingMonolith.Identity.Keycloak;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>Compares the expected six attributes of a user with those in Keycloak; writes nothing.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadProjection(string UserId) : IRequest<Projection>;

/// <summary>The six attributes, by name; one without a value is null.</summary>
/// <param name="Wanted">The expected values.</param>
/// <param name="Shown">The values in Keycloak; null = it has no such user.</param>
public sealed record Projection(IReadOnlyDictionary<string, string?> Wanted, IReadOnlyDictionary<string, string?>? Shown)
{
    /// <summary>The names of the differing ones; empty also when there is no such user.</summary>
    public IReadOnlyList<string> Drift => Shown is null ? [] : [.. Wanted.Keys.Where(name => Wanted[name] != Shown[name])];
}

internal sealed class ReadProjectionValidator : AbstractValidator<ReadProjection>
{
    public ReadProjectionValidator() => RuleFor(p => p.UserId).NotEmpty();
}

internal sealed class ReadProjectionHandler(NpgsqlDataSource database, TierProjection projection) : IRequestHandler<ReadProjection, Projection>
{
    public async Task<Projection> Handle(ReadProjection query, CancellationToken cancellationToken)
    {
        Entitlement now;
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            now = await Entitlement.ReadAsync(connection, query.UserId, cancellationToken);
        return new Projection(now.Attributes, await projection.ReadAsync(query.UserId, cancellationToken));
    }
}
