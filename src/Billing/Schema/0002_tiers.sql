-- A tier's prices stand here and nowhere else: per cycle and currency; the tier names its default currency. Free tiers have none, because nothing is paid.
CREATE TABLE billing_tier_prices (
  tier_id         text NOT NULL REFERENCES billing_tiers (id),
  cycle           text NOT NULL CHECK (cycle IN ('monthly', 'yearly')),
  currency        text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  amount_minor    bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 99999999), -- Stripe takes eight digits
  stripe_price_id text UNIQUE,                                                 -- null: not at Stripe yet, so nobody can buy
  PRIMARY KEY (tier_id, cycle, currency)
);
INSERT INTO billing_tier_prices (tier_id, cycle, currency, amount_minor)
SELECT id, cycle, currency, amount
FROM billing_tiers, LATERAL (VALUES ('monthly', price_monthly_minor), ('yearly', price_yearly_minor)) AS p (cycle, amount)
WHERE amount > 0;

ALTER TABLE billing_tiers
  DROP COLUMN price_monthly_minor,
  DROP COLUMN price_yearly_minor,
  ADD COLUMN family text NOT NULL DEFAULT 'main',              -- of one family a user has one subscription
  ADD COLUMN invite_only boolean NOT NULL DEFAULT false,
  ADD COLUMN stripe_product_id text,
  ADD COLUMN revision bigint NOT NULL DEFAULT 1,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  ADD CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,49}$');                -- no underscore: a price's lookup key is <tier>_<cycle>
UPDATE billing_tiers SET invite_only = true WHERE id = 'founders-friend';

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
GRANT INSERT, UPDATE (name, description, lago_plan_monthly, lago_plan_yearly, currency, display_order, active, family, invite_only, stripe_product_id)
  ON billing_tiers TO billing_app;
GRANT SELECT, INSERT, DELETE, UPDATE (amount_minor, stripe_price_id) ON billing_tier_prices TO billing_app;
