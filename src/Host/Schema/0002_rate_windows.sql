-- How often a caller asked in the current minute of the database's clock. One row per caller and limit, written over when a minute begins.
-- Unlogged: a crash of the server forgives a minute.
CREATE UNLOGGED TABLE rate_windows (
  caller text NOT NULL,
  name   text NOT NULL,
  minute timestamptz NOT NULL,
  count  int NOT NULL,
  PRIMARY KEY (caller, name)
) WITH (fillfactor = 50);
CREATE INDEX rate_windows_by_age ON rate_windows (minute);

GRANT SELECT, INSERT, UPDATE, DELETE ON rate_windows TO billing_app;
