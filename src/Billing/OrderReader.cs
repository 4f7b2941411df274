using System.Text.Json;
using Dapper;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>Reads orders: one by a key, or a page from the index that begins with what is asked (each index has the order of its pages).</summary>
internal static class OrderReader
{
    private const string OrderOfAll = "created_at DESC, id DESC";
    private const string OrderOfSome = "created_at DESC NULLS LAST, id DESC";

    private const string Columns = """
        id, order_identifier AS OrderIdentifier, kind, status, work_status AS WorkStatus, user_id AS UserId, customer_id AS CustomerId,
        customer_email AS CustomerEmail, customer_name AS CustomerName, tier, upgraded_from AS UpgradedFrom, cart_id AS CartId, amount_minor AS AmountMinor,
        currency::text, refunded_minor AS RefundedMinor, dispute, deadline, revisions_left AS RevisionsLeft, files_url AS FilesUrl,
        final_package_url AS FinalPackageUrl, checklist_status AS ChecklistStatus, stripe_session_id AS StripeSessionId,
        stripe_payment_intent_id AS StripePaymentIntentId, revision, created_at AS CreatedAt, updated_at AS UpdatedAt,
        items::text AS ItemsJson, shipping::text AS ShippingJson
        """;

    /// <summary>Those for which a condition holds, by their id.</summary>
    public static async Task<List<Order>> WhereAsync(
        NpgsqlConnection connection, string condition, object values, CancellationToken cancellationToken, bool forUpdate = false) =>
        await QueryAsync(connection, $"SELECT {Columns} FROM orders WHERE {condition} ORDER BY id {(forUpdate ? "FOR UPDATE" : "")}", values,
            cancellationToken);

    /// <param name="database">Read without a transaction.</param>
    /// <param name="sets">Conditions of whose orders, or which; they overlap nowhere, and each has an index. None = all, by their age.</param>
    /// <param name="conditions">What must hold besides. The values of all are in <paramref name="values"/>.</param>
    /// <param name="values">By the names in the conditions.</param>
    /// <param name="after">Where the page before ended.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<OrderPage> PageAsync(NpgsqlDataSource database, IReadOnlyList<string> sets, IEnumerable<string> conditions, object values,
        OrderPosition? after, int limit, CancellationToken cancellationToken)
    {
        if (after is not null) conditions = conditions.Append("(created_at, id) < (@AfterTime, @AfterId)");
        var parameters = new DynamicParameters(values);
        parameters.Add("AfterTime", after?.CreatedAt);
        parameters.Add("AfterId", after?.Id);
        parameters.Add("Take", limit + 1);
        var order = sets.Count == 0 ? OrderOfAll : OrderOfSome;
        var rest = string.Concat(conditions.Select(c => $" AND {c}"));
        var reads = (sets.Count == 0 ? ["true"] : sets).Select(set => $"(SELECT * FROM orders WHERE {set}{rest} ORDER BY {order} LIMIT @Take)");
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await QueryAsync(connection, $"SELECT {Columns} FROM ({string.Join(" UNION ALL ", reads)}) AS o ORDER BY {order} LIMIT @Take",
            parameters, cancellationToken);
        return new OrderPage(rows.Count > limit ? rows[..limit] : rows, rows.Count > limit);
    }

    private static async Task<List<Order>> QueryAsync(NpgsqlConnection connection, string sql, object values, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<Order, string, string?, Order>(new CommandDefinition(sql, values, cancellationToken: cancellationToken),
            (order, items, shipping) => order with
            {
                Items = JsonSerializer.Deserialize<OrderItem[]>(items)!,
                Shipping = shipping is null ? null : JsonSerializer.Deserialize<OrderShipping>(shipping),
            }, splitOn: "ItemsJson,ShippingJson")];
}
