-- What Stripe bills now, Lago bills now: nothing is scheduled there, so there is no next plan to remember.
ALTER TABLE billing_subscriptions
  DROP COLUMN lago_next_plan_code,
  ADD COLUMN cancel_at timestamptz; -- when it will end, if that is settled
