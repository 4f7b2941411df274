using System.Text;
using System.Text.RegularExpressions;

namespace BillingMonolith.Notifications;

/// <summary>
/// The complete language of templates: <c>{{name}}</c> is a fact, and the text between <c>{{#name}}</c> and <c>{{/name}}</c> appears when
/// the fact is not empty. No logic, no loops, no nesting of a section in itself.
/// </summary>
internal sealed partial class TemplateText
{
    private readonly IReadOnlyList<(string Text, string Mark, string Name)> pieces;

    private TemplateText(IReadOnlyList<(string Text, string Mark, string Name)> pieces) => this.pieces = pieces;

    /// <summary>The names of all its placeholders.</summary>
    public IEnumerable<string> Names => pieces.Select(p => p.Name).Where(n => n.Length > 0).Distinct();

    /// <exception cref="FormatException">A section is not closed, or the text in braces is no placeholder.</exception>
    public static TemplateText Parse(string text)
    {
        List<(string, string, string)> parts = [];
        var (from, open) = (0, new Stack<string>());
        foreach (Match match in Placeholder().Matches(text))
        {
            var (mark, name) = (match.Groups["mark"].Value, match.Groups["name"].Value);
            parts.Add((Plain(text[from..match.Index]), mark, name));
            from = match.Index + match.Length;
            if (mark == "#") open.Push(name);
            if (mark == "/" && (open.Count == 0 || open.Pop() != name)) throw new FormatException($"{{{{/{name}}}}} closes no section");
        }

        parts.Add((Plain(text[from..]), "", ""));
        return open.Count == 0 ? new TemplateText(parts) : throw new FormatException($"the section {{{{#{open.Peek()}}}}} is not closed");
    }

    /// <param name="facts">The facts by name; a missing one is empty.</param>
    /// <param name="escape">The encoding of a fact: HTML needs its characters escaped.</param>
    public string Render(IReadOnlyDictionary<string, string> facts, Func<string, string> escape)
    {
        var (rendered, hidden) = (new StringBuilder(), 0);
        foreach (var (text, mark, name) in pieces)
        {
            if (hidden == 0) rendered.Append(text);
            var value = facts.GetValueOrDefault(name, "");
            if (mark == "#") hidden += hidden > 0 || value.Length == 0 ? 1 : 0;
            else if (mark == "/") hidden -= hidden > 0 ? 1 : 0;
            else if (hidden == 0 && name.Length > 0) rendered.Append(escape(value));
        }

        return rendered.ToString();
    }

    private static string Plain(string text) => text.Contains("{{", StringComparison.Ordinal) || text.Contains("}}", StringComparison.Ordinal)
        ? throw new FormatException("something stands in double braces that is no placeholder; write {{name}}, {{#name}} or {{/name}}")
        : text;

    [GeneratedRegex(@"\{\{(?<mark>[#/]?)(?<name>[a-z][a-z0-9_]*)\}\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
