-- A checkout that a user opened for a plan. The row exists before Stripe is asked, and its id is Stripe's idempotency key: so one row has one session,
-- however often it is tried. Of one family a user has one that can be paid: another is opened only after its session is closed at Stripe.
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

GRANT SELECT, INSERT, UPDATE (stripe_customer_id, session_id, checkout_url, state, updated_at) ON billing_checkouts TO billing_app;
