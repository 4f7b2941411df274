namespace BillingMonolith.Credits;

/// <summary>The invariants of the ledger, as queries for the first row that violates them.</summary>
internal static class LedgerChecks
{
    /// <summary>Every lot came from one entry, which gave all of it.</summary>
    public const string OfLots = """
        SELECT 'credit_lots' AS "Table", l.id::text AS Id, l.user_id AS UserId, 'the entry that gave it' AS What, l.amount AS Expected, NULL::bigint AS Found
        FROM credit_lots l
        LEFT JOIN credit_entries e ON e.source = l.source AND e.user_id = l.user_id AND e.kind IN ('grant', 'restore')
          AND e.lots = ARRAY[l.id] AND e.parts = ARRAY[l.amount]
        WHERE l.id > @after AND l.id <= @upto AND e.id IS NULL ORDER BY l.id LIMIT 1
        """;

    /// <summary>The checks of a range of users, in the order in which they name a fault best.</summary>
    public static IEnumerable<string> OfUsers(bool bounded)
    {
        var range = bounded ? "user_id > @after AND user_id <= @upto" : "user_id > @after";
        return
        [
            // Each entry's parts add up to its amount, and each running balance follows from the one before.
            Check("credit_entries", "id", "id", $"""
                (SELECT id, user_id, amount, balance_after, debt_after, sum(amount) OVER w AS balance, sum(debt) OVER w AS owed,
                        (SELECT coalesce(sum(part), 0) FROM unnest(parts) AS p (part)) AS parts
                 FROM credit_entries WHERE {range} WINDOW w AS (PARTITION BY user_id ORDER BY id)) x
                """, "('sum of parts', amount, parts), ('balance_after', balance, balance_after), ('debt_after', owed, debt_after)"),
            // Each account is the sum of its entries, and the sum of its lots.
            Check("credit_accounts", "user_id", "user_id", $"""
                (SELECT user_id, balance, debt FROM credit_accounts WHERE {range}) a
                FULL JOIN (SELECT user_id, sum(amount) AS balance, sum(debt) AS debt FROM credit_entries WHERE {range} GROUP BY 1) e USING (user_id)
                """, "('balance', coalesce(e.balance, 0), a.balance), ('debt', coalesce(e.debt, 0), a.debt)"),
            // Each lot equals the rest that its entries left, and holds the credits of its open reservations.
            Check("credit_lots", "lot", "lot", $"""
                (SELECT p.lot, user_id, sum(p.part) AS part FROM credit_entries, unnest(lots, parts) AS p (lot, part) WHERE {range} GROUP BY 1, 2) e
                LEFT JOIN credit_lots l ON l.id = e.lot AND l.user_id = e.user_id
                LEFT JOIN (SELECT p.lot, -sum(p.part) AS held FROM credit_reservations, unnest(lots, parts) AS p (lot, part)
                           WHERE {range} AND state = 'held' GROUP BY 1) r USING (lot)
                """, "('remaining', e.part, l.remaining), ('held', coalesce(r.held, 0), l.held)", user: "e.user_id"),
            Check("credit_accounts", "user_id", "user_id", $"""
                (SELECT user_id, balance FROM credit_accounts WHERE {range}) a
                FULL JOIN (SELECT user_id, sum(remaining) AS lots FROM credit_lots WHERE {range} AND NOT spent GROUP BY 1) l USING (user_id)
                """, "('sum of lots', a.balance, coalesce(l.lots, 0))"),
            Check("credit_reservations", "id", "id", $"""
                (SELECT id, user_id, amount, (SELECT -coalesce(sum(part), 0) FROM unnest(parts) AS p (part)) AS parts
                 FROM credit_reservations WHERE {range} AND state = 'held') x
                """, "('sum of parts', amount, parts)"),
            // A purchase's clawed credits equal the clawbacks of its grant less the restored ones. The part counted as expired had really expired.
            Check("credit_purchases", "id", "id", $"""
                (SELECT id, user_id, grant_source, clawed_credits FROM credit_purchases WHERE {range}) p
                LEFT JOIN (SELECT reference, sum(ended) AS ended, coalesce(sum(debt - amount + ended) FILTER (WHERE kind <> 'expire'), 0) AS clawed,
                             coalesce(-sum(amount) FILTER (WHERE kind = 'expire'), 0) AS expired
                           FROM credit_entries WHERE {range} AND kind IN ('expire', 'clawback', 'restore') GROUP BY 1) e
                  ON e.reference = p.grant_source
                """, "('clawed_credits', coalesce(e.clawed, 0), p.clawed_credits), ('ended', greatest(least(e.ended, e.expired), 0), coalesce(e.ended, 0))"),
        ];
    }

    private static string Check(string table, string id, string order, string rows, string compared, string user = "user_id") => $"""
        SELECT '{table}' AS "Table", {id}::text AS Id, {user} AS UserId, what AS What, expected::bigint AS Expected, found::bigint AS Found
        FROM {rows}
        CROSS JOIN LATERAL (VALUES {compared}) AS c (what, expected, found)
        WHERE expected IS DISTINCT FROM found ORDER BY {user}, {order} LIMIT 1
        """;
}
