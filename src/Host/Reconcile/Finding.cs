using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Host.Reconcile;

/// <summary>A place where one system does not say what it should.</summary>
/// <param name="Kind">What is wrong, for programs: <c>lago-plan</c>, <c>row-missing</c> …</param>
/// <param name="System">Where: <c>database</c>, <c>lago</c>, <c>keycloak</c> or <c>stripe</c>.</param>
/// <param name="Subject">The subscription, or the user.</param>
/// <param name="UserId">The Keycloak user id, when it is known.</param>
/// <param name="Have">What it says.</param>
/// <param name="Want">What it should say.</param>
/// <param name="Cause">A guess why, in words.</param>
/// <param name="Remedy">What mends it, in words.</param>
/// <param name="Mendable">False: only a person can tell who is right, so nothing is ever changed because of it.</param>
/// <param name="State"><c>open</c>, <c>repaired</c> or <c>failed</c>.</param>
/// <param name="Note">What came of the repair, when it failed.</param>
internal sealed record Finding(
    string Kind, string System, string Subject, string? UserId, string Have, string Want, string Cause, string Remedy, bool Mendable,
    string State = Finding.Open, string? Note = null)
{
    public const string Open = "open";
    public const string Repaired = "repaired";
    public const string Failed = "failed";
}

/// <summary>A run as it stands.</summary>
/// <param name="Id">Later runs have greater ones.</param>
/// <param name="Since">Stripe's events from then on.</param>
/// <param name="Until">Younger ones may still be on their way.</param>
/// <param name="Apply">Whether drift is repaired.</param>
/// <param name="Force">Whether also more than the set share.</param>
/// <param name="AskedBy">Who asked for it.</param>
/// <param name="Owner">The host and process that carries it out.</param>
/// <param name="State">`running`, `done`, `refused` (too much would change), `failed` or `abandoned`.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Cursor">After what it goes on.</param>
/// <param name="Fence">Its owner's number: a later one makes an earlier one worthless.</param>
/// <param name="Events">How many events Stripe listed.</param>
/// <param name="Missing">How many of them were missing, and were taken in.</param>
/// <param name="Compared">How many subscriptions and users were compared.</param>
/// <param name="InProgress">How many of them were left alone because their events are still being worked on.</param>
/// <param name="Message">Why it ended so.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
internal sealed record ReconcileRun(
    long Id, DateTime Since, DateTime Until, bool Apply, bool Force, string AskedBy, string Owner, string State, string Phase, string? Cursor, int Fence,
    long Events, long Missing, long Compared, long InProgress, string? Message, DateTime StartedAt, DateTime? EndedAt);

internal sealed class FindingConfiguration : IEntityTypeConfiguration<Finding>
{
    public void Configure(EntityTypeBuilder<Finding> finding)
    {
        finding.ToTable("reconcile_findings");
        finding.Property<long>("Id");
        finding.Property<long>("RunId");
        finding.HasKey("Id");
    }
}

internal sealed class ReconcileRunConfiguration : IEntityTypeConfiguration<ReconcileRun>
{
    public void Configure(EntityTypeBuilder<ReconcileRun> run) => run.ToTable("reconcile_runs");
}
