-- A purchase has its row before Stripe is asked: pending, and without a session until Stripe has answered. An automatic top-up has a payment
-- and never a session.
ALTER TABLE credit_purchases
  ALTER COLUMN stripe_checkout_session_id DROP NOT NULL,
  ADD COLUMN kind text NOT NULL DEFAULT 'checkout' CHECK (kind IN ('checkout', 'top_up')),
  ADD COLUMN request_key        text,     -- the buyer's Idempotency-Key: the same key is the same purchase
  ADD COLUMN user_email         text,     -- as the buyer's token had it, for the administrators' list
  ADD COLUMN stripe_customer_id text,
  ADD COLUMN stripe_price_id    text,
  ADD COLUMN success_url        text,
  ADD COLUMN cancel_url         text,
  ADD COLUMN checkout_url       text,
  ADD COLUMN checkout_expires_at timestamptz,
  ADD COLUMN grant_source       text GENERATED ALWAYS AS
    (CASE kind WHEN 'checkout' THEN 'session:' || stripe_checkout_session_id ELSE 'payment:' || stripe_payment_intent_id END) STORED,
  -- What came back of the money, and of the credits for it; what they should be follows from credit_refunds and credit_disputes.
  ADD COLUMN refunded_minor     bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  ADD COLUMN disputed_minor     bigint NOT NULL DEFAULT 0 CHECK (disputed_minor >= 0),
  ADD COLUMN clawed_credits     bigint NOT NULL DEFAULT 0 CHECK (clawed_credits BETWEEN 0 AND credits),
  ADD CHECK (completed_at IS NULL OR grant_source IS NOT NULL),
  ADD CHECK (expires_after_days > 0), -- of the package when it was sold; null = the credits never end
  ADD CHECK (completed_at IS NOT NULL OR clawed_credits = 0);
CREATE UNIQUE INDEX credit_purchases_by_request ON credit_purchases (user_id, request_key);

-- Pages are read by key, and each filter of the administrators' list has an index in the order of the pages. NULLS LAST means nothing here but that
-- the order of those pages is not the order by age: or the planner reads from there, past everybody else's purchases, when the filter looks common.
DROP INDEX credit_purchases_by_user, credit_purchases_by_status, credit_purchases_by_age;
CREATE INDEX credit_purchases_by_age ON credit_purchases (created_at DESC, id DESC);
CREATE INDEX credit_purchases_by_user ON credit_purchases (user_id, created_at DESC NULLS LAST, id DESC);
CREATE INDEX credit_purchases_by_email ON credit_purchases (lower(user_email), created_at DESC NULLS LAST, id DESC);
CREATE INDEX credit_purchases_by_status ON credit_purchases (status, created_at DESC NULLS LAST, id DESC);
CREATE INDEX credit_purchases_by_package ON credit_purchases (package_code, created_at DESC NULLS LAST, id DESC);
