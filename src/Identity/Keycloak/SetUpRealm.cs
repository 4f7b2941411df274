using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Makes the realm what this service needs, as far as its service account may: the attributes, the claim, the roles. What is not ours stays as it is.
/// </summary>
/// <param name="Cause">What led to it, for the audit log.</param>
/// <param name="Roles">The realm roles that this service asks for.</param>
/// <param name="DryRun">Only says what would change.</param>
/// <param name="Progress">Hears how many parts are through.</param>
public sealed record SetUpRealm(string Cause, IReadOnlyList<string> Roles, bool DryRun, IProgress<(int Done, int All)>? Progress = null)
    : IRequest<IReadOnlyList<RealmThing>>;

/// <summary>Something of the realm, and what became of it.</summary>
/// <param name="What">Which.</param>
/// <param name="Should">As it should be.</param>
/// <param name="Happened">`created`, `updated` or `unchanged`; null when there is a problem.</param>
/// <param name="Problem">What a person must see to; null = nothing.</param>
public sealed record RealmThing(string What, string Should, string? Happened, string? Problem = null)
{
    internal const string Created = "created";
    internal const string Updated = "updated";
    internal const string Unchanged = "unchanged";
}

internal sealed class SetUpRealmHandler(RealmSetUp realm, IOptions<KeycloakOptions> options, UnitOfWork work)
    : IRequestHandler<SetUpRealm, IReadOnlyList<RealmThing>>
{
    public async Task<IReadOnlyList<RealmThing>> Handle(SetUpRealm command, CancellationToken cancellationToken)
    {
        var things = new List<RealmThing>();
        (string Name, Func<Task<IReadOnlyList<RealmThing>>> Run)[] parts =
        [
            ("user profile", () => realm.ProfileAsync(command.DryRun, cancellationToken)),
            ("claim", () => realm.ClaimAsync(command.DryRun, cancellationToken)),
            ("realm roles", () => realm.RolesAsync(command.Roles, command.DryRun, cancellationToken)),
            ("service account", () => realm.ServiceAccountAsync(command.DryRun, cancellationToken)),
        ];
        foreach (var (index, (name, run)) in parts.Index())
        {
            try
            {
                things.AddRange(await run());
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                things.Add(new RealmThing(name, "-", Happened: null, e.Message)); // the others are tried too, so that all that lacks is told at once
            }

            command.Progress?.Report((index + 1, parts.Length));
        }

        if (!command.DryRun) Audit(command, things);
        return things;
    }

    private void Audit(SetUpRealm command, List<RealmThing> things)
    {
        var changed = things.Where(t => t.Happened is RealmThing.Created or RealmThing.Updated).ToLookup(t => t.Happened!, t => t.What);
        if (changed.Count > 0)
        {
            work.Record(new AuditEntry("admin.realm.set_up", "realm", options.Value.Realm, command.Cause)
            {
                Metadata = new { created = changed[RealmThing.Created].ToArray(), updated = changed[RealmThing.Updated].ToArray() },
            });
        }
    }
}
