namespace BillingMonolith.Journeys.Kit;

/// <summary>
/// Widens the moment in which two transactions insert the same row and neither has seen the other: between PostgreSQL's look for a conflict and its entries
/// in the unique indexes. These are checked one after the other, so a row that is the same by two of them must yield by either.
/// </summary>
internal static class SlowIndex
{
    public static Task WidenAsync(Journey journey, string table, string column) => journey.ExecuteAsync($"""
        CREATE FUNCTION slowly(value text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN value; END';
        CREATE INDEX ON {table} (slowly({column}::text));
        DO $$ DECLARE c record; BEGIN -- the others come after it, as they are
          FOR c IN SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'u' ORDER BY oid LOOP
            EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', c.name);
            EXECUTE format('ALTER TABLE {table} ADD CONSTRAINT %I %s', c.name, c.definition);
          END LOOP;
        END $$
        """);
}
