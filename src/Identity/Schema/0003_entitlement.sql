-- Two truths, kept apart: the status is Stripe's word about the payment; the entitlement is what the user has because of it, here and now.
ALTER TABLE identity_subscriptions
  ADD COLUMN billing_cycle  text CHECK (billing_cycle IN ('monthly', 'yearly')),
  ADD COLUMN past_due_since timestamptz; -- when the oldest unpaid invoice came into being; says nothing in another status
CREATE INDEX identity_subscriptions_by_tier ON identity_subscriptions (tier_id) WHERE status = 'past_due';

-- THE place that decides what a user has: one row for everybody, also for who never subscribed. Of several subscriptions the highest entitlement counts.
CREATE FUNCTION identity_entitlement(who text) RETURNS TABLE (
  tier_id text, standing text, -- full, grace or none
  status text, subscription_id text, customer_id text, billing_cycle text, start_date timestamptz, end_date timestamptz, past_due_since timestamptz,
  grace_ends timestamptz, changes_at timestamptz -- when time alone will change it
) LANGUAGE sql STABLE AS $$
  WITH judged AS (
    SELECT s.*, coalesce(t.rank, 1) AS rank, e.ends,
           CASE WHEN s.status IN ('active', 'trialing') THEN 'full' WHEN s.status = 'past_due' AND e.ends > billing_now() THEN 'grace' ELSE 'none' END AS standing
    FROM identity_subscriptions s
    LEFT JOIN identity_tiers t ON t.tier_id = s.tier_id,
    LATERAL (SELECT CASE s.status WHEN 'past_due' THEN coalesce(s.past_due_since, s.as_of) + coalesce(t.grace_days, 7) * interval '24 hours' END AS ends) e
    WHERE s.user_id = who)
  SELECT CASE WHEN j.standing IN ('full', 'grace') THEN j.tier_id ELSE 'free' END, coalesce(j.standing, 'none'), j.status, j.subscription_id, j.customer_id,
         j.billing_cycle, j.start_date, j.end_date, j.past_due_since, j.ends, (SELECT min(g.ends) FROM judged g WHERE g.standing = 'grace')
  FROM (VALUES (1)) AS one LEFT JOIN judged j ON true
  ORDER BY CASE j.standing WHEN 'none' THEN -1 ELSE j.rank END DESC, j.standing = 'full' DESC, j.is_active DESC, j.start_date DESC NULLS LAST, j.subscription_id
  LIMIT 1
$$;

-- What Keycloak was last brought to, and when time alone will make it wrong.
CREATE TABLE identity_users (
  user_id          text PRIMARY KEY,
  projected_tier   text NOT NULL,
  projected_status text,
  projected_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  look_at          timestamptz -- in the calendar's time; null: only an event changes it
);
CREATE INDEX identity_users_by_look ON identity_users (look_at) WHERE look_at IS NOT NULL;
-- Until now the newest active subscription counted, and past_due had no end: everybody is looked at once.
INSERT INTO identity_users (user_id, projected_tier, projected_status, look_at)
SELECT DISTINCT ON (user_id) user_id, CASE WHEN is_active THEN tier_id ELSE 'free' END, status, '-infinity'
FROM identity_subscriptions ORDER BY user_id, is_active DESC, start_date DESC NULLS LAST, subscription_id;

-- Whose entitlement changed, for the hosts' memories: told with the commit, and kept for a while for who did not hear it. A transaction's number, not a
-- counter: those that commit late have low ones, and a reader goes back to the oldest that was under way.
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

CREATE FUNCTION identity_tell_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM identity_tell('*');
  RETURN NULL;
END $$;
CREATE TRIGGER identity_tiers_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON identity_tiers FOR EACH STATEMENT EXECUTE FUNCTION identity_tell_all();
CREATE TRIGGER identity_tier_features_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON identity_tier_features
  FOR EACH STATEMENT EXECUTE FUNCTION identity_tell_all();
CREATE TRIGGER billing_clock_tell AFTER UPDATE ON billing_clock FOR EACH STATEMENT EXECUTE FUNCTION identity_tell_all();

-- Another rank or another grace: whoever has a subscription of the tier is looked at again.
CREATE FUNCTION identity_tiers_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE identity_users u SET look_at = '-infinity' FROM identity_subscriptions s
  WHERE s.user_id = u.user_id AND s.tier_id = NEW.tier_id
    AND (s.status = 'past_due' OR EXISTS (SELECT FROM identity_subscriptions o WHERE o.user_id = s.user_id AND o.subscription_id <> s.subscription_id));
  RETURN NULL;
END $$;
CREATE TRIGGER identity_tiers_look AFTER INSERT OR UPDATE ON identity_tiers FOR EACH ROW EXECUTE FUNCTION identity_tiers_look();

GRANT SELECT, INSERT, UPDATE ON identity_users TO billing_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_changes TO billing_app; -- UPDATE: the sweep locks what it removes
