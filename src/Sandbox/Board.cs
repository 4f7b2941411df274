using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox;

/// <summary>A page of tables whose rows have buttons: a stand-in's dashboard.</summary>
internal static class Board
{
    private const int Rows = 40;

    public const string Style = """
        .board { display:grid; gap:1.25rem; grid-template-columns:minmax(0,1fr) 19.5rem }
        .board > * { display:grid; gap:1.25rem; align-content:start; min-width:0 }
        @media (max-width:900px) { .board { grid-template-columns:minmax(0,1fr) } .board aside { order:-1 } }
        @media (max-width:760px) { thead { display:none } tr { display:block; padding:.5rem 0; border-bottom:1px solid var(--line) }
          td { display:block; border:0; padding:.125rem 0 } }
        .card { display:grid; gap:.75rem; align-content:start }
        .empty { color:var(--soft); font-size:.875rem }
        .actions { display:flex; flex-wrap:wrap; gap:.375rem; min-width:15.5rem } .actions .row { flex-wrap:nowrap; width:100% }
        .actions select { min-height:34px; padding:.125rem .5rem; font-size:.8125rem } td form { display:inline-flex } details summary { cursor:pointer }
        .id { display:inline-block; max-width:10rem; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; vertical-align:bottom }
        """;

    public static string Section(string id, string title, string content) => $"""<section class="card" id="{id}"><h2>{title}</h2>{content}</section>""";

    public static string Table(string head, IEnumerable<string> rows, string none)
    {
        var list = rows.Take(Rows).ToList();
        var columns = string.Concat(head.Split('|').Select(h => $"""<th scope="col">{h}</th>"""));
        return list.Count == 0 ? $"""<p class="empty">{none}</p>"""
            : $"""
              <div class="scroll" tabindex="0" role="region" aria-label="Table">
              <table><thead><tr>{columns}</tr></thead><tbody>{string.Concat(list)}</tbody></table></div>
              """;
    }

    public static string Button(string action, string text, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var hidden = "";
        foreach (var (name, value) in fields) hidden += $"""<input type="hidden" name="{name}" value="{Encode(value)}">""";
        return $"""<form method="post" action="/dashboard/{action}">{hidden}<button>{Encode(text)}</button></form> """;
    }

    public static string Id(string? id) => $"""<span class="mono id" title="{Encode(id)}">{Encode(id)}</span>""";
}
