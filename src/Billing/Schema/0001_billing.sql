-- The catalogue of tiers. Which Lago plan a tier means is configured here, and nowhere else.
CREATE TABLE billing_tiers (
  id                  text PRIMARY KEY,
  name                text NOT NULL,
  description         text NOT NULL DEFAULT '',
  lago_plan_monthly   text NOT NULL,
  lago_plan_yearly    text NOT NULL,
  price_monthly_minor bigint NOT NULL CHECK (price_monthly_minor >= 0),
  price_yearly_minor  bigint CHECK (price_yearly_minor >= 0), -- null: not sold by the year
  currency            text NOT NULL DEFAULT 'usd' CHECK (currency ~ '^[a-z]{3}$'),
  display_order       int NOT NULL DEFAULT 0,
  active              boolean NOT NULL DEFAULT true
);
INSERT INTO billing_tiers (id, name, description, lago_plan_monthly, lago_plan_yearly, price_monthly_minor, price_yearly_minor, display_order) VALUES
  ('free',            'Free',            'The basics, for nothing',                'free',            'free_yearly',            0,    0,     0),
  ('trial',           'Trial',           'All of it for a first look',             'trial',           'trial_yearly',           100,  NULL,  1),
  ('starter',         'Starter',         'For one person who builds',              'starter',         'starter_yearly',         1900, 19000, 2),
  ('professional',    'Professional',    'For daily work',                         'professional',    'professional_yearly',    4900, 49000, 3),
  ('founders-friend', 'Founders Friend', 'Professional, for those who came first', 'founders-friend', 'founders-friend_yearly', 4900, 49000, 4),
  ('enterprise',      'Enterprise',      'For teams, without a ceiling',           'enterprise',      'enterprise_yearly',      9900, 99000, 5);

-- Our copy of a subscription's state: what Stripe said last, and what Lago bills because of it.
CREATE TABLE billing_subscriptions (
  subscription_id      text PRIMARY KEY, -- Stripe's sub_…; Lago's external_id
  user_id              text NOT NULL,
  customer_id          text NOT NULL,
  tier_id              text NOT NULL REFERENCES billing_tiers (id),
  billing_cycle        text NOT NULL CHECK (billing_cycle IN ('monthly', 'yearly')),
  status               text NOT NULL,    -- Stripe's word
  -- past_due is still served (grace). Generated, so that it cannot say anything else than the status does.
  is_active            boolean NOT NULL GENERATED ALWAYS AS (status IN ('active', 'trialing', 'past_due')) STORED,
  amount_minor         bigint CHECK (amount_minor >= 0),
  currency             text CHECK (currency ~ '^[a-z]{3}$'),
  current_period_end   timestamptz,
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  ended_at             timestamptz,
  lago_plan_code       text,             -- what Lago bills now; null: nothing
  lago_next_plan_code  text,             -- what it will bill from the next period on; null: the same
  as_of                timestamptz NOT NULL,
  as_of_rank           int NOT NULL,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX billing_subscriptions_by_user ON billing_subscriptions (user_id);

GRANT SELECT ON billing_tiers TO billing_app;
GRANT SELECT, INSERT, UPDATE ON billing_subscriptions TO billing_app;
