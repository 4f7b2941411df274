using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;
using BillingMonolith.Host.Startup;

namespace BillingMonolith.Specs.House;

/// <summary>The Host's folders use each other in one direction: what the compiler knows, and constants, which it inlines, by their imports.</summary>
public sealed partial class FolderSpecs
{
    private const string Prefix = "BillingMonolith.Host.";
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
    private static readonly Dictionary<int, OpCode> OpCodesByValue = typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => (int)(ushort)o.Value);

    [Fact]
    public void No_folder_of_the_Host_uses_one_that_uses_it()
    {
        var arrows = Arrows();
        arrows.Count.ShouldBeGreaterThan(20);
        var left = arrows.Select(a => a.From).Concat(arrows.Select(a => a.To)).ToHashSet();
        bool Stands(string from, string to) => left.Contains(from) && left.Contains(to);
        bool IsEnd(string folder) => !arrows.Any(a => a.From == folder && Stands(a.From, a.To)) || !arrows.Any(a => a.To == folder && Stands(a.From, a.To));
        while (left.FirstOrDefault(IsEnd) is { } end) left.Remove(end);
        arrows.Where(a => Stands(a.From, a.To)).Select(a => $"{a.From} → {a.To}: {a.Why}").ShouldBeEmpty("a circle stands among these");
    }

    private static List<(string From, string To, string Why)> Arrows() =>
    [
        .. typeof(App).Assembly.GetTypes().Where(t => FolderOf(t) is not null)
            .SelectMany(t => Used(t).Select(u => (From: FolderOf(t)!, To: FolderOf(u), Why: $"{t.Name} uses {u.Name}")))
            .Concat(Imports())
            .Where(a => a.To is not null && a.To != a.From).Select(a => (a.From, a.To!, a.Why)).DistinctBy(a => (a.From, a.Item2)),
    ];

    private static string? FolderOf(Type type) => (type.Namespace ?? "").StartsWith(Prefix, StringComparison.Ordinal) ? type.Namespace![Prefix.Length..].Split('.')[0] : null;

    private static IEnumerable<Type> Used(Type type)
    {
        IEnumerable<Type?> said = [type.BaseType, .. type.GetInterfaces(), .. type.GetFields(All).Select(f => f.FieldType)];
        IEnumerable<MethodBase> methods = [.. type.GetMethods(All), .. type.GetConstructors(All)];
        return said.Concat(methods.SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Concat(InBody(m)))).OfType<Type>().SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type) => type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? [type, .. type.GetGenericArguments().SelectMany(Parts)] : [type];

    private static IEnumerable<Type> InBody(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) yield break;
        var (ofType, ofMethod) = (method.DeclaringType!.GetGenericArguments(), method is MethodInfo ? method.GetGenericArguments() : []);
        for (var i = 0; i < code.Length;)
        {
            var op = OpCodesByValue[code[i] == 0xFE ? (0xFE00 | code[i + 1]) : code[i]];
            i += op.Size;
            if (op.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                var member = method.Module.ResolveMember(BitConverter.ToInt32(code, i), ofType, ofMethod)!;
                yield return member as Type ?? member.DeclaringType!;
                if (member is MethodInfo { IsGenericMethod: true } generic) foreach (var argument in generic.GetGenericArguments()) yield return argument;
            }

            i += op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, i)),
                _ => 4,
            };
        }
    }

    private static IEnumerable<(string From, string? To, string Why)> Imports() =>
        from file in Directory.EnumerateFiles(Path.Combine(SourceSpecs.Root(), "src", "Host"), "*.cs", SearchOption.AllDirectories)
        let folder = Path.GetRelativePath(Path.Combine(SourceSpecs.Root(), "src", "Host"), file).Split(Path.DirectorySeparatorChar)
        where folder.Length > 1 && folder[0] is not ("obj" or "bin")
        from import in Import().Matches(File.ReadAllText(file))
        select (folder[0], (string?)import.Groups["folder"].Value, $"{folder[^1]} imports it");

    [GeneratedRegex(@"^using BillingMonolith\.Host\.(?<folder>\w+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Import();
}
