using System.Collections;
using System.Globalization;
using System.Reflection;
using BillingMonolith.Specs.HostRoom.Api;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Specs.House;

/// <summary>docs/settings.md has a row for every setting that the host binds, with its default, and none for what is no setting.</summary>
public sealed class SettingsDocSpecs
{
    private const string Page = "docs/settings.md";
    private const string Head = "| setting |";
    private const string Nothing = "none";
    private const string Required = "required"; // nothing, and the validator wants something

    [Fact]
    public void The_page_names_every_setting() =>
        Bound().Keys.Except(Told().Keys).ShouldBeEmpty($"{Page} lacks these settings: give each a row");

    [Fact]
    public void The_page_names_nothing_else() =>
        Told().Keys.Except(Bound().Keys).ShouldBeEmpty($"No options class has these settings any more: take their rows out of {Page}");

    [Fact]
    public void The_page_says_what_counts_without_them()
    {
        var told = Told();
        Bound().Where(b => told.TryGetValue(b.Key, out var page) && page != b.Value && (page, b.Value) != (Required, Nothing))
            .Select(b => $"{b.Key}: the page says {told[b.Key]}, the code {b.Value}").ShouldBeEmpty($"{Page} tells other defaults than the code has");
    }

    /// <summary>What is bound to the configuration: each such class has a source of change tokens. By name, with the default as the page shows it.</summary>
    private static Dictionary<string, string> Bound()
    {
        var bound = Description.Configure().Services.Select(s => s.ServiceType)
            .Where(t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(IOptionsChangeTokenSource<>)).Select(t => t.GetGenericArguments()[0])
            .Where(o => o.Assembly.GetName().Name!.StartsWith("BillingMonolith.", StringComparison.Ordinal)).Distinct().ToList();
        bound.Count.ShouldBeGreaterThan(10);
        return bound.SelectMany(SettingsOf).ToDictionary(StringComparer.Ordinal);
    }

    private static IEnumerable<KeyValuePair<string, string>> SettingsOf(Type options)
    {
        var section = options.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue()
            .ShouldBeOfType<string>($"{options.Name} has no constant Section, so nobody can say what its settings are called");
        var defaults = Activator.CreateInstance(options);
        foreach (var property in options.GetProperties().Where(p => p.SetMethod is { IsPublic: true }))
        {
            var isList = property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable));
            yield return new($"{section}__{property.Name}{(isList ? "__0" : "")}", isList ? Nothing : Shown(property.GetValue(defaults)));
        }
    }

    private static string Shown(object? value) => value switch
    {
        null or "" => Nothing,
        bool flag => flag ? "`true`" : "`false`",
        _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
    };

    /// <summary>The rows of the page's tables of settings, name and default.</summary>
    private static Dictionary<string, string> Told()
    {
        var rows = new Dictionary<string, string>(StringComparer.Ordinal);
        var isTable = false;
        foreach (var line in File.ReadLines(Path.Combine(Root(), Page)))
        {
            isTable = line.StartsWith(Head, StringComparison.Ordinal) || (isTable && line.StartsWith('|'));
            if (!isTable || !line.StartsWith("| `", StringComparison.Ordinal)) continue;
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            rows.TryAdd(cells[1].Trim('`'), cells[3]).ShouldBeTrue($"{Page} has two rows for {cells[1]}");
        }

        rows.Count.ShouldBeGreaterThan(10);
        return rows;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "BillingMonolith.sln"))) folder = folder.Parent;
        if (folder is null) Assert.Skip("The sources are not beside these tests.");
        return folder.FullName;
    }
}
