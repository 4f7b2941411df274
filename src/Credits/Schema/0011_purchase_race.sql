-- Two hosts that write the same purchase at the same moment meet in both unique indexes. By the session one of them yields (ON CONFLICT); the payment is
-- judged at the end of the statement, or it would be an error before the yielding.
ALTER TABLE credit_purchases
  DROP CONSTRAINT credit_purchases_stripe_payment_id_key,
  ADD CONSTRAINT credit_purchases_stripe_payment_id_key UNIQUE (stripe_payment_id) DEFERRABLE;
