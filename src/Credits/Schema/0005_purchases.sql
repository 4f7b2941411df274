-- Purchases of packages. A purchase keeps a snapshot of what was sold: it, not the session's metadata, says what is granted. A checkout has its row before
-- Stripe is asked: pending, and without a session until Stripe has answered. An automatic top-up has a payment and never a session.
CREATE TABLE credit_purchases (
  id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id                    text NOT NULL,
  package_code               varchar(50) NOT NULL,
  package_name               text NOT NULL,
  credits                    bigint NOT NULL CHECK (credits > 0),
  price_minor                bigint NOT NULL CHECK (price_minor > 0),
  currency                   char(3) NOT NULL,
  amount_paid_minor          bigint CHECK (amount_paid_minor >= 0),
  discount_applied_minor     bigint NOT NULL DEFAULT 0 CHECK (discount_applied_minor >= 0),
  stripe_checkout_session_id text UNIQUE,
  stripe_payment_intent_id   text,
  -- One column is written, the same one is read: a payment id that differs from the intent cannot exist. Deferrable, because two hosts that write the same
  -- purchase at the same moment meet in both unique constraints. One of them yields by the session (ON CONFLICT); the payment is judged at the end of the
  -- statement, else it would be an error before the yielding.
  stripe_payment_id          text GENERATED ALWAYS AS (stripe_payment_intent_id) STORED UNIQUE DEFERRABLE,
  status                     text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'refunded', 'disputed')),
  failure_reason             text,
  created_at                 timestamptz NOT NULL DEFAULT now(),
  completed_at               timestamptz,
  updated_at                 timestamptz NOT NULL DEFAULT now(),
  metadata                   jsonb NOT NULL DEFAULT '{}',
  expires_after_days         int CHECK (expires_after_days > 0),      -- of the package when it was sold; null: the credits never end
  kind                       text NOT NULL DEFAULT 'checkout' CHECK (kind IN ('checkout', 'top_up')),
  request_key                text,                                    -- the buyer's Idempotency-Key: the same key is the same purchase
  user_email                 text,                                    -- as the buyer's token had it, for the administrators' list
  stripe_customer_id         text,
  stripe_price_id            text,
  success_url                text,
  cancel_url                 text,
  checkout_url               text,
  checkout_expires_at        timestamptz,
  grant_source               text GENERATED ALWAYS AS
    (CASE kind WHEN 'checkout' THEN 'session:' || stripe_checkout_session_id ELSE 'payment:' || stripe_payment_intent_id END) STORED,
  -- What came back of the money, and of the credits for it; what they should be follows from credit_refunds and credit_disputes.
  refunded_minor             bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  disputed_minor             bigint NOT NULL DEFAULT 0 CHECK (disputed_minor >= 0),
  clawed_credits             bigint NOT NULL DEFAULT 0,
  save_payment_method        boolean NOT NULL DEFAULT false,          -- the buyer wants the card kept: a repeat of the request must ask Stripe for the same
  CHECK ((status IN ('completed', 'refunded', 'disputed')) = (completed_at IS NOT NULL)),
  CHECK (clawed_credits BETWEEN 0 AND credits),
  CHECK (completed_at IS NULL OR grant_source IS NOT NULL),
  CHECK (completed_at IS NOT NULL OR clawed_credits = 0)
);
CREATE UNIQUE INDEX credit_purchases_by_request ON credit_purchases (user_id, request_key);
-- One top-up at a time per user: what is open must end before the next one begins.
CREATE UNIQUE INDEX credit_purchases_open_top_up ON credit_purchases (user_id) WHERE kind = 'top_up' AND status IN ('pending', 'processing');
-- Pages are read by key, and each filter of the administrators' list has an index in the order of the pages. NULLS LAST only tells these orders from the
-- order by age: PostgreSQL would else read a page from there, past the purchases of all other users, when the filter looks common.
CREATE INDEX credit_purchases_by_age ON credit_purchases (created_at DESC, id DESC);
CREATE INDEX credit_purchases_by_user ON credit_purchases (user_id, created_at DESC NULLS LAST, id DESC);
CREATE INDEX credit_purchases_by_email ON credit_purchases (lower(user_email), created_at DESC NULLS LAST, id DESC);
CREATE INDEX credit_purchases_by_status ON credit_purchases (status, created_at DESC NULLS LAST, id DESC);
CREATE INDEX credit_purchases_by_package ON credit_purchases (package_code, created_at DESC NULLS LAST, id DESC);

GRANT SELECT, INSERT, UPDATE ON credit_purchases TO billing_app;
