using BillingMonolith.Host.Access;
using BillingMonolith.Identity;
using BillingMonolith.Identity.Keycloak;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Commands;

/// <summary>The command <c>setup keycloak</c>.</summary>
internal static class SetupKeycloak
{
    public static async Task RunAsync(IServiceProvider services, SetupRun run, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var access = scope.ServiceProvider.GetRequiredService<IOptions<AccessOptions>>().Value;
        var things = await scope.ServiceProvider.GetRequiredService<IMediator>()
            .Send(new SetUpRealm("command line", [access.AdminRole, access.OperatorRole], run.DryRun, run), cancellationToken);
        var realm = $"realm {scope.ServiceProvider.GetRequiredService<IOptions<KeycloakOptions>>().Value.Realm}";
        foreach (var thing in things)
        {
            if (thing.Problem is { } problem) run.Open(thing.What, thing.Should, realm, problem);
            else run.Done(thing.What, thing.Should, realm, thing.Happened!);
        }
    }
}
