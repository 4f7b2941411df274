using System.Collections.Concurrent;
using System.Reflection;

namespace BillingMonolith.SharedKernel;

/// <summary>The name under which steps of a command are stored. It outlives the class's name: a renamed class keeps it.</summary>
/// <param name="name">Such as <c>billing.sync-subscription</c>: the room, and the action.</param>
/// <param name="formerly">Names under which earlier versions stored it.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StepKindAttribute(string name, params string[] formerly) : Attribute
{
    /// <summary>The name under which steps are stored now.</summary>
    public string Name => name;

    /// <summary>Names under which a step may still stand in the database.</summary>
    public IReadOnlyList<string> Formerly => formerly;
}

/// <summary>The kinds of steps that this version knows. A step of another kind belongs to a newer version: it is left alone, and never ended here.</summary>
public sealed class StepKinds
{
    /// <summary>The first step of each event: it decides which others follow.</summary>
    public const string Route = "route";

    private static readonly ConcurrentDictionary<Type, StepKindAttribute> Declared = new();
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal) { [Route] = Route };

    /// <param name="commands">The classes of all steps.</param>
    /// <exception cref="InvalidOperationException">One declares no name, or two declare the same.</exception>
    public StepKinds(IEnumerable<Type> commands)
    {
        foreach (var kind in commands.Select(Of))
        {
            foreach (var name in (string[])[kind.Name, .. kind.Formerly])
                if (!names.TryAdd(name, kind.Name)) throw new InvalidOperationException($"Two steps are stored as '{name}'.");
        }

        Known = [.. names.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Every name under which a step may stand that this version can carry out.</summary>
    public IReadOnlyList<string> Known { get; }

    /// <summary>The present name for a present or former name.</summary>
    public string Current(string stored) => names[stored];

    /// <summary>The name under which a step is stored.</summary>
    public static string Of(IStep step) => Of(step.GetType()).Name;

    private static StepKindAttribute Of(Type command) => Declared.GetOrAdd(command, static c => c.GetCustomAttribute<StepKindAttribute>()
        ?? throw new InvalidOperationException($"{c.Name} is a step, and declares no [StepKind]."));
}
