-- Money that went back to buyers, as Stripe said it last. What a purchase has to give up for it is reckoned from these rows alone (MoneyBack), so
-- events may come in any order and as often as they like. Facts of a payment that no purchase has yet wait for it.
CREATE TABLE credit_refunds (
  refund_id         text PRIMARY KEY,
  payment_intent_id text NOT NULL,
  charge_id         text,
  amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
  currency          char(3) NOT NULL,
  state             text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),   -- moves to the right only
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credit_refunds_by_payment ON credit_refunds (payment_intent_id);

CREATE TABLE credit_disputes (
  dispute_id        text PRIMARY KEY,
  payment_intent_id text NOT NULL,
  charge_id         text,
  amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
  currency          char(3) NOT NULL,
  state             text NOT NULL CHECK (state IN ('inquiry', 'open', 'lost', 'closed')), -- in one second of Stripe's clock the rightmost counts
  as_of             timestamptz NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credit_disputes_by_payment ON credit_disputes (payment_intent_id);

GRANT SELECT, INSERT, UPDATE ON credit_refunds, credit_disputes TO billing_app;
