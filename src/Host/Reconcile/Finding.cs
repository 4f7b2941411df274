using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Host.Reconcile;

/// <summary>A place where one system differs from the expected state.</summary>
/// <param name="Kind">The kind of difference, for programs: <c>lago-plan</c>, <c>row-missing</c> …</param>
/// <param name="System">The system: <c>database</c>, <c>lago</c>, <c>keycloak</c> or <c>stripe</c>.</param>
/// <param name="Subject">The subscription, or the user.</param>
/// <param name="UserId">The Keycloak user id, when it is known.</param>
/// <param name="Have">The actual value.</param>
/// <param name="Want">The expected value.</param>
/// <param name="Cause">The probable cause, in words.</param>
/// <param name="Remedy">The remedy, in words.</param>
/// <param name="Mendable">False: only a person can tell which system is right, so nothing is ever changed because of it.</param>
/// <param name="State"><c>open</c>, <c>repaired</c> or <c>failed</c>.</param>
/// <param name="Note">The reason why the repair failed.</param>
internal sealed record Finding(
    string Kind, string System, string Subject, string? UserId, string Have, string Want, string Cause, string Remedy, bool Mendable,
    string State = Finding.Open, string? Note = null)
{
    public const string Open = "open";
    public const string Repaired = "repaired";
    public const string Failed = "failed";
}

/// <summary>A run in its present state.</summary>
/// <param name="Id">Later runs have greater ones.</param>
/// <param name="Since">The start of the range of Stripe's events.</param>
/// <param name="Until">The end of the range, because younger ones may still be on their way.</param>
/// <param name="Apply">Whether drift is repaired.</param>
/// <param name="Force">Whether to repair also more than the set share.</param>
/// <param name="AskedBy">The requester: a user, the command line or the schedule.</param>
/// <param name="Owner">The host and process that runs it.</param>
/// <param name="State">`running`, `done`, `refused` (too much would change), `failed` or `abandoned`.</param>
/// <param name="Phase">The present phase.</param>
/// <param name="Cursor">The position in the phase.</param>
/// <param name="Fence">Its owner's number: a later one invalidates an earlier one.</param>
/// <param name="Events">The number of events that Stripe listed.</param>
/// <param name="Missing">The number of missing events among them, which were stored.</param>
/// <param name="Compared">The number of compared subscriptions and users.</param>
/// <param name="InProgress">The number of subjects that were skipped because their events are still being processed.</param>
/// <param name="Message">The reason for its end.</param>
/// <param name="StartedAt">The time of its start.</param>
/// <param name="EndedAt">The time of its end.</param>
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
