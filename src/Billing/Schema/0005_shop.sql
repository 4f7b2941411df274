-- A checkout that a user opened for a plan. It is a row before Stripe is asked, and its id is Stripe's idempotency key, so that whatever happens
-- on the way the same row has one session. Of one family a user has one that can be paid: another is opened only after its session is closed at Stripe.
CREATE TABLE billing_checkouts (
  id                 uuid PRIMARY KEY,
  user_id            text NOT NULL,
  family             text NOT NULL,
  tier_id            text NOT NULL REFERENCES billing_tiers (id),
  billing_cycle      text NOT NULL CHECK (billing_cycle IN ('monthly', 'yearly')),
  currency           text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  stripe_price_id    text NOT NULL,
  request_key        text,                 -- the user's Idempotency-Key
  success_url        text NOT NULL,
  cancel_url         text NOT NULL,
  metadata           jsonb NOT NULL,       -- what the session and its subscription carry
  stripe_customer_id text,
  session_id         text UNIQUE,          -- null: Stripe's answer is not known yet
  checkout_url       text,
  state              text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'completed', 'closed')),
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX billing_checkouts_open ON billing_checkouts (user_id, family) WHERE state = 'open';
CREATE UNIQUE INDEX billing_checkouts_by_request ON billing_checkouts (user_id, request_key);

-- What a subscription will become when its period ends: Stripe's schedule, as last heard. All null: nothing will change. And how often a card refused
-- a change that was to count at once: Stripe answers a key that met a refusal with that refusal for a day, so the count is part of the next key.
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

GRANT SELECT, INSERT, UPDATE (stripe_customer_id, session_id, checkout_url, state, updated_at) ON billing_checkouts TO billing_app;
GRANT SELECT, INSERT, UPDATE ON billing_planned_changes TO billing_app;
