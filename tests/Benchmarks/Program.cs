using System.CommandLine;
using BillingMonolith.Benchmarks;

// A contender of the intake runs as a process of its own, from this same program.
if (Environment.GetEnvironmentVariable(Baseline.Variable) is { } kind) return await Baseline.RunAsync(kind);

var which = new Argument<string>("which") { Description = "What to measure.", DefaultValueFactory = _ => "all" };
which.AcceptOnlyFromAmong("all", "intake", "drain", "latency", "memory", "bearer", "credits", "orders-page");
var seconds = new Option<int>("--seconds") { Description = "How long each turn of the intake lasts.", DefaultValueFactory = _ => 4 };
var events = new Option<int>("--events") { Description = "The backlog to drain; memory takes five times as many.", DefaultValueFactory = _ => 20_000 };
var rows = new Option<int>("--rows") { Description = "How large the ledger is.", DefaultValueFactory = _ => 5_000_000 };
var against = new Option<string?>("--against") { Description = "Another build's BillingMonolith.Host.dll, for orders-page." };
var benchmarks = new RootCommand("Measures the Host against its aims, as ratios within one run. Exit code 0 = it could measure.") { which, seconds, events, rows, against };
benchmarks.SetAction((parsed, cancellationToken) =>
    Run.AllAsync(parsed.GetRequiredValue(which), parsed.GetRequiredValue(seconds), parsed.GetRequiredValue(events), parsed.GetRequiredValue(rows),
        parsed.GetValue(against), cancellationToken));
return await benchmarks.Parse(args).InvokeAsync();
