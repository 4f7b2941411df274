-- Our copy of a subscription's state: what Stripe said last, and what Lago bills because of it.
CREATE TABLE billing_subscriptions (
  subscription_id      text PRIMARY KEY, -- Stripe's sub_…; Lago's external_id
  user_id              text NOT NULL,
  customer_id          text NOT NULL,
  tier_id              text NOT NULL REFERENCES billing_tiers (id),
  billing_cycle        text NOT NULL CHECK (billing_cycle IN ('monthly', 'yearly')),
  status               text NOT NULL,    -- Stripe's word
  -- past_due is still served (grace). Generated, so that it cannot contradict the status.
  is_active            boolean NOT NULL GENERATED ALWAYS AS (status IN ('active', 'trialing', 'past_due')) STORED,
  amount_minor         bigint CHECK (amount_minor >= 0),
  currency             text CHECK (currency ~ '^[a-z]{3}$'),
  current_period_end   timestamptz,
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  ended_at             timestamptz,
  lago_plan_code       text,             -- what Lago bills now; null: nothing
  as_of                timestamptz NOT NULL,
  as_of_rank           int NOT NULL,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  cancel_at            timestamptz       -- when it will end, if that is settled
);
CREATE INDEX billing_subscriptions_by_user ON billing_subscriptions (user_id);

-- The tier that a subscription will have when its period ends: Stripe's schedule, as last heard. All null: nothing will change. And how often a card
-- refused a change that was to count at once: Stripe answers a key that met a refusal with that refusal for a day, so the count is part of the next key.
CREATE TABLE billing_planned_changes (
  subscription_id text PRIMARY KEY,
  schedule_id     text,
  tier_id         text,
  billing_cycle   text CHECK (billing_cycle IN ('monthly', 'yearly')),
  effective_at    timestamptz,
  refusals        int NOT NULL DEFAULT 0,
  as_of           timestamptz NOT NULL,
  as_of_rank      int NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON billing_subscriptions TO billing_app;
GRANT SELECT, INSERT, UPDATE ON billing_planned_changes TO billing_app;
