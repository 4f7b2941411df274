using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// A page that is read from the filter's index, in that index's order. LINQ cannot express <c>DESC NULLS LAST</c>, which distinguishes these indexes
/// from the index of all rows. The statement contains only the given filters, so that each combination has a plan, and an index, of its own.
/// </summary>
/// <param name="table">The table.</param>
public sealed class PageSql(string table)
{
    private readonly List<FormattableString> conditions = [];

    /// <summary>An additional condition; its values become parameters.</summary>
    public void Where(FormattableString condition) => conditions.Add(condition);

    /// <summary>The page's rows.</summary>
    /// <param name="rows">The row type.</param>
    /// <param name="sets">The sets of rows; they do not overlap, and each has an index. None = all.</param>
    /// <param name="order">The order of these indexes.</param>
    /// <param name="take">At most so many.</param>
    /// <param name="skip">How many to skip.</param>
    public IQueryable<T> Of<T>(DbSet<T> rows, IReadOnlyList<FormattableString> sets, string order, int take, int skip = 0) where T : class
    {
        var values = new List<object?>();
        IEnumerable<FormattableString> wanted = sets.Count == 0 ? [$"true"] : sets;
        var reads = wanted.Select(set => $"({Select(set, values)} ORDER BY {order} LIMIT {Number($"{skip + take}", values)})");
        var sql = $"SELECT * FROM ({string.Join(" UNION ALL ", reads)}) AS page ORDER BY {order} {Number($"LIMIT {take} OFFSET {skip}", values)}";
        return rows.FromSql(FormattableStringFactory.Create(sql, [.. values]));
    }

    /// <summary>All matches, to be counted.</summary>
    /// <param name="rows">The row type.</param>
    /// <param name="which">The set of rows.</param>
    public IQueryable<T> All<T>(DbSet<T> rows, FormattableString which) where T : class
    {
        var values = new List<object?>();
        var sql = Select(which, values);
        return rows.FromSql(FormattableStringFactory.Create(sql, [.. values]));
    }

    private string Select(FormattableString set, List<object?> values) =>
        $"SELECT * FROM {table} WHERE {string.Join(" AND ", conditions.Prepend(set).Select(c => Number(c, values)))}";

    // Placeholder {0} of a part becomes {n} of the whole.
    private static string Number(FormattableString part, List<object?> values)
    {
        var first = values.Count;
        values.AddRange(part.GetArguments());
        return string.Format(CultureInfo.InvariantCulture, part.Format, [.. Enumerable.Range(first, part.ArgumentCount).Select(n => $"{{{n}}}")]);
    }
}
