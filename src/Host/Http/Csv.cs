using System.Text;

namespace BillingMonolith.Host.Http;

/// <summary>CSV (RFC 4180) that a spreadsheet reads as text: a cell that it would run as a formula begins with an apostrophe.</summary>
internal static class Csv
{
    /// <summary>The number of rows per read for a file.</summary>
    public const int PageSize = 1000;

    /// <summary>
    /// A file written page by page, so that it needs neither this host's memory nor one long transaction. The first page is read before the
    /// answer begins, so that a refusal is still a problem response.
    /// </summary>
    /// <param name="name">The file name for the browser.</param>
    /// <param name="head">The columns.</param>
    /// <param name="first">The first page.</param>
    /// <param name="rows">The rows of a page.</param>
    /// <param name="next">The page after; null after the last.</param>
    public static IResult File<TPage>(
        string name, IReadOnlyList<string> head, TPage first, Func<TPage, IEnumerable<IEnumerable<string?>>> rows, Func<TPage, Task<TPage?>> next)
        where TPage : class => Results.Stream(async body =>
    {
        await using var csv = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16_384, leaveOpen: true);
        await csv.WriteAsync(Line(head));
        for (var page = first; page is not null; page = await next(page))
        {
            foreach (var row in rows(page)) await csv.WriteAsync(Line(row));
        }
    }, "text/csv; charset=utf-8", name);

    public static string Line(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var safe = text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
