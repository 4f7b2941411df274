using System.CommandLine;
using BillingMonolith.Sandbox;

if (args is [WarmHost.Command]) return await WarmHost.ServeAsync(); // not by the parser: it would take the host's SIGTERM for its own

var demo = new Command("demo", "Buys a pack and a subscription as a demo user, shows what happened and checks it; exit code 0 = all as expected.");
demo.SetAction((_, cancellationToken) => Demo.RunAsync(cancellationToken));
var sandbox = new RootCommand("A private PostgreSQL, stand-ins for Stripe, Lago and Keycloak, and the host wired to them.") { demo };
sandbox.SetAction((_, cancellationToken) => Playground.RunAsync(cancellationToken));
return await sandbox.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
