using System.CommandLine;
using BillingMonolith.Host.Commands;

// A table of contents. An event's way: Webhook/StripeWebhook → Inbox's EventWriter → its LocalWorker and RemoteWorker → Routing/Routes →
// a module's command.
var commands = new RootCommand("BillingMonolith: between Stripe and the systems that give a customer what was paid for.")
{
    Commands.Migrate(),
    Commands.Health(),
    Commands.Inbox(),
    Commands.Link(),
    Setup.Command(),
    CreditsCommand.Command(),
    ReconcileCommand.Command(),
};
commands.SetAction((_, cancellationToken) => Commands.ServeAsync(args, cancellationToken));
commands.TreatUnmatchedTokensAsErrors = false; // the rest is configuration: --Inbox:LocalWorkers 2
// On SIGTERM the host drains in its own time (HostOptions.ShutdownTimeout); the parser would end the process after two seconds.
return await commands.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
