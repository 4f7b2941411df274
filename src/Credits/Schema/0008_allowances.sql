-- What a plan gives per paid period, as administrators set it. A plan without a row gives nothing.
CREATE TABLE credit_allowances (
  tier_id  text PRIMARY KEY,
  credits  bigint CHECK (credits > 0),        -- null: unlimited, so nothing is counted
  rollover boolean NOT NULL DEFAULT false     -- false: what is left ends with its period
);
INSERT INTO credit_allowances (tier_id, credits) VALUES ('trial', 5), ('starter', 20), ('professional', 60), ('enterprise', NULL);

-- The list of plans shows allowances: hosts that keep the list in memory hear of a change with its commit.
CREATE FUNCTION credit_allowances_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('plans', '');
  RETURN NULL;
END $$;
CREATE TRIGGER credit_allowances_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON credit_allowances
  FOR EACH STATEMENT EXECUTE FUNCTION credit_allowances_notify();

GRANT SELECT, INSERT, DELETE, UPDATE (credits, rollover) ON credit_allowances TO billing_app;
