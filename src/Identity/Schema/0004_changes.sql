-- The users whose entitlement changed, for the hosts' memories: told with the commit, and kept for a while for hosts that missed the notice. A
-- transaction's number, not a counter: transactions that commit late have low ones, and a reader goes back to the oldest that was under way.
CREATE TABLE identity_changes (
  xact    bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
  user_id text NOT NULL, -- *: everybody
  at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX identity_changes_by_xact ON identity_changes (xact);
CREATE INDEX identity_changes_by_time ON identity_changes (at);

CREATE FUNCTION identity_tell(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO identity_changes (user_id) VALUES (who);
  PERFORM pg_notify('features', who);
END $$;

-- A change of one subscription concerns its user, and the user it had before.
CREATE FUNCTION identity_subscriptions_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN PERFORM identity_tell(OLD.user_id); END IF;
  IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN PERFORM identity_tell(NEW.user_id); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER identity_subscriptions_made AFTER INSERT OR DELETE ON identity_subscriptions FOR EACH ROW EXECUTE FUNCTION identity_subscriptions_tell();
CREATE TRIGGER identity_subscriptions_changed AFTER UPDATE ON identity_subscriptions FOR EACH ROW
  WHEN ((OLD.user_id, OLD.tier_id, OLD.status, OLD.billing_cycle, OLD.start_date, OLD.past_due_since)
        IS DISTINCT FROM (NEW.user_id, NEW.tier_id, NEW.status, NEW.billing_cycle, NEW.start_date, NEW.past_due_since))
  EXECUTE FUNCTION identity_subscriptions_tell();

-- A change of tiers, features or the calendar concerns everybody.
CREATE FUNCTION identity_tell_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM identity_tell('*');
  RETURN NULL;
END $$;
CREATE TRIGGER identity_tiers_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON identity_tiers FOR EACH STATEMENT EXECUTE FUNCTION identity_tell_all();
CREATE TRIGGER identity_tier_features_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON identity_tier_features
  FOR EACH STATEMENT EXECUTE FUNCTION identity_tell_all();
CREATE TRIGGER billing_clock_tell AFTER UPDATE ON billing_clock FOR EACH STATEMENT EXECUTE FUNCTION identity_tell_all();

GRANT SELECT, INSERT, UPDATE, DELETE ON identity_changes TO billing_app; -- UPDATE: the sweep locks what it removes
