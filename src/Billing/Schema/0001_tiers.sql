-- The catalogue of tiers. A tier's Lago plans are configured here, and nowhere else.
CREATE TABLE billing_tiers (
  id                text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,49}$'), -- no underscore: a price's lookup key is <tier>_<cycle>
  name              text NOT NULL,
  description       text NOT NULL DEFAULT '',
  lago_plan_monthly text NOT NULL,
  lago_plan_yearly  text NOT NULL,
  currency          text NOT NULL DEFAULT 'usd' CHECK (currency ~ '^[a-z]{3}$'), -- the default one
  display_order     int NOT NULL DEFAULT 0,
  active            boolean NOT NULL DEFAULT true,
  family            text NOT NULL DEFAULT 'main',                              -- of one family a user has one subscription
  invite_only       boolean NOT NULL DEFAULT false,
  stripe_product_id text,
  revision          bigint NOT NULL DEFAULT 1,
  updated_at        timestamptz NOT NULL DEFAULT now()
);
INSERT INTO billing_tiers (id, name, description, lago_plan_monthly, lago_plan_yearly, display_order, invite_only) VALUES
  ('free',            'Free',            'The basics, for nothing',                'free',            'free_yearly',            0, false),
  ('trial',           'Trial',           'All of it for a first look',             'trial',           'trial_yearly',           1, false),
  ('starter',         'Starter',         'For one person who builds',              'starter',         'starter_yearly',         2, false),
  ('professional',    'Professional',    'For daily work',                         'professional',    'professional_yearly',    3, false),
  ('founders-friend', 'Founders Friend', 'Professional, for those who came first', 'founders-friend', 'founders-friend_yearly', 4, true),
  ('enterprise',      'Enterprise',      'For teams, without a ceiling',           'enterprise',      'enterprise_yearly',      5, false);

-- The prices of a tier, per cycle and currency; they stand here and nowhere else. Free tiers have none, because nothing is paid.
CREATE TABLE billing_tier_prices (
  tier_id         text NOT NULL REFERENCES billing_tiers (id),
  cycle           text NOT NULL CHECK (cycle IN ('monthly', 'yearly')),
  currency        text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  amount_minor    bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 99999999), -- Stripe takes eight digits
  stripe_price_id text UNIQUE,                                                 -- null: not at Stripe yet, so nobody can buy
  PRIMARY KEY (tier_id, cycle, currency)
);
INSERT INTO billing_tier_prices (tier_id, cycle, currency, amount_minor) VALUES
  ('trial',           'monthly', 'usd', 100),
  ('starter',         'monthly', 'usd', 1900),
  ('starter',         'yearly',  'usd', 19000),
  ('professional',    'monthly', 'usd', 4900),
  ('professional',    'yearly',  'usd', 49000),
  ('founders-friend', 'monthly', 'usd', 4900),
  ('founders-friend', 'yearly',  'usd', 49000),
  ('enterprise',      'monthly', 'usd', 9900),
  ('enterprise',      'yearly',  'usd', 99000);

-- The users who may buy a tier that is invite-only. A subscription stays when its invitation is taken back.
CREATE TABLE billing_tier_invitations (
  tier_id    text NOT NULL REFERENCES billing_tiers (id),
  user_id    text NOT NULL CHECK (user_id <> ''), -- Keycloak's id
  invited_by text NOT NULL,
  invited_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tier_id, user_id)
);

CREATE FUNCTION billing_tiers_revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER billing_tiers_revise BEFORE UPDATE ON billing_tiers FOR EACH ROW EXECUTE FUNCTION billing_tiers_revise();

-- The amount of Stripe's price never changes, so with another amount it is not this price any more.
CREATE FUNCTION billing_tier_prices_reprice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.stripe_price_id = OLD.stripe_price_id THEN NEW.stripe_price_id := NULL; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_tier_prices_reprice BEFORE UPDATE ON billing_tier_prices
  FOR EACH ROW WHEN (NEW.amount_minor <> OLD.amount_minor) EXECUTE FUNCTION billing_tier_prices_reprice();

-- Hosts keep the list of plans in memory; they hear of a change with its commit.
CREATE FUNCTION plans_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('plans', '');
  RETURN NULL;
END $$;
CREATE TRIGGER billing_tiers_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON billing_tiers FOR EACH STATEMENT EXECUTE FUNCTION plans_notify();
CREATE TRIGGER billing_tier_prices_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON billing_tier_prices
  FOR EACH STATEMENT EXECUTE FUNCTION plans_notify();

-- A tier is never removed and keeps its id: subscriptions name it.
GRANT SELECT, INSERT, UPDATE (name, description, lago_plan_monthly, lago_plan_yearly, currency, display_order, active, family, invite_only, stripe_product_id)
  ON billing_tiers TO billing_app;
GRANT SELECT, INSERT, DELETE, UPDATE (amount_minor, stripe_price_id) ON billing_tier_prices TO billing_app;
GRANT SELECT, INSERT, DELETE ON billing_tier_invitations TO billing_app;
