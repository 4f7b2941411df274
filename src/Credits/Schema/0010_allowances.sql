-- What a plan gives is set by administrators; a plan without a row gives nothing.
GRANT INSERT, DELETE, UPDATE (credits, rollover) ON credit_allowances TO billing_app;

-- The list of plans tells it: hosts that keep the list in memory hear of a change with its commit.
CREATE FUNCTION credit_allowances_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('plans', '');
  RETURN NULL;
END $$;
CREATE TRIGGER credit_allowances_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON credit_allowances
  FOR EACH STATEMENT EXECUTE FUNCTION credit_allowances_notify();
