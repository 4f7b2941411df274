using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Sets up the realm for this service, as far as its service account may: the attributes, the claim, the roles. Everything else stays as it is.
/// </summary>
/// <param name="Cause">The cause, for the audit log.</param>
/// <param name="Roles">The realm roles that this service needs.</param>
/// <param name="DryRun">Only reports the changes.</param>
/// <param name="Progress">Gets the number of finished parts.</param>
public sealed record SetUpRealm(string Cause, IReadOnlyList<string> Roles, bool DryRun, IProgress<(int Done, int All)>? Progress = null)
    : IRequest<IReadOnlyList<RealmThing>>;

/// <summary>A part of the realm, and its result.</summary>
/// <param name="What">The part.</param>
/// <param name="Should">The expected state.</param>
/// <param name="Happened">`created`, `updated` or `unchanged`; null when there is a problem.</param>
/// <param name="Problem">The problem that a person must solve; null = none.</param>
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
                things.Add(new RealmThing(name, "-", Happened: null, e.Message)); // the others are tried too, so that all missing rights are reported at once
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
