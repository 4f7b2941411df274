-- Two truths, kept apart: a subscription's status is Stripe's word about the payment; the entitlement is what the user has because of it, here and now.

-- The subscriptions of users, as last told by Stripe.
CREATE TABLE identity_subscriptions (
  subscription_id text PRIMARY KEY,
  user_id         text NOT NULL,
  customer_id     text NOT NULL,
  tier_id         text NOT NULL,
  status          text NOT NULL,
  -- A tier is kept during grace (past_due); what the status says decides, not a flag that somebody sets.
  is_active       boolean NOT NULL GENERATED ALWAYS AS (status IN ('active', 'trialing', 'past_due')) STORED,
  start_date      timestamptz,
  end_date        timestamptz,
  -- The guard: a state is replaced only by one that is as new or newer.
  as_of           timestamptz NOT NULL,
  as_of_rank      integer NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  billing_cycle   text CHECK (billing_cycle IN ('monthly', 'yearly')),
  past_due_since  timestamptz            -- when the oldest unpaid invoice came into being; says nothing in another status
);
CREATE INDEX identity_subscriptions_by_user ON identity_subscriptions (user_id, is_active DESC, start_date DESC NULLS LAST, subscription_id);
CREATE INDEX identity_subscriptions_by_tier ON identity_subscriptions (tier_id) WHERE status = 'past_due';

-- The state that Keycloak was last brought to, and when time alone will make it wrong. Keycloak's attributes are a projection of the entitlement.
CREATE TABLE identity_users (
  user_id          text PRIMARY KEY,
  projected_tier   text NOT NULL,
  projected_status text,
  projected_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  look_at          timestamptz -- in the calendar's time; null: only an event changes it
);
CREATE INDEX identity_users_by_look ON identity_users (look_at) WHERE look_at IS NOT NULL;

-- THE place that decides what a user has: one row for every user, even for one who never subscribed. Of several subscriptions the highest entitlement
-- counts.
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

-- Another rank or another grace: every user who has a subscription of the tier is looked at again.
CREATE FUNCTION identity_tiers_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE identity_users u SET look_at = '-infinity' FROM identity_subscriptions s
  WHERE s.user_id = u.user_id AND s.tier_id = NEW.tier_id
    AND (s.status = 'past_due' OR EXISTS (SELECT FROM identity_subscriptions o WHERE o.user_id = s.user_id AND o.subscription_id <> s.subscription_id));
  RETURN NULL;
END $$;
CREATE TRIGGER identity_tiers_look AFTER INSERT OR UPDATE ON identity_tiers FOR EACH ROW EXECUTE FUNCTION identity_tiers_look();

GRANT SELECT, INSERT, UPDATE ON identity_subscriptions, identity_users TO billing_app;
