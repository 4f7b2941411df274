-- Two hosts that place the same order at the same moment meet in both unique indexes. By the session one of them yields (ON CONFLICT); the payment is judged
-- at the end of the statement, or it would be an error before the yielding.
ALTER TABLE orders
  DROP CONSTRAINT orders_stripe_payment_intent_id_key,
  ADD CONSTRAINT orders_stripe_payment_intent_id_key UNIQUE (stripe_payment_intent_id) DEFERRABLE;
