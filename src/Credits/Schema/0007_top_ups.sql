-- Automatic top-up: what a user agreed to. It stops by itself when their card refuses, and starts again only when they say so.
CREATE TABLE credit_auto_top_ups (
  user_id            text PRIMARY KEY,
  package_code       varchar(50) NOT NULL REFERENCES credit_packages (package_code),
  currency           char(3) NOT NULL,
  threshold          bigint NOT NULL CHECK (threshold BETWEEN 1 AND 1000000),  -- below it a pack is bought
  monthly_cap_minor  bigint NOT NULL CHECK (monthly_cap_minor > 0),
  stripe_customer_id text NOT NULL,
  payment_method_id  text NOT NULL,
  state              text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'stopped')),
  stopped_reason     text CHECK ((stopped_reason IS NULL) = (state = 'active')),
  capped_in          timestamptz,   -- the month in which the cap was met: said once, and looked at again when that month is over
  updated_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credit_auto_top_ups_capped ON credit_auto_top_ups (capped_in) WHERE state = 'active' AND capped_in IS NOT NULL;

-- The queue of top-ups whose payment has not ended. next_attempt_at is due time and lease in one, attempts is the fence, as in the inbox.
CREATE TABLE credit_top_ups (
  purchase_id       uuid PRIMARY KEY REFERENCES credit_purchases,
  payment_method_id text NOT NULL,
  attempts          int NOT NULL DEFAULT 0,
  next_attempt_at   timestamptz NOT NULL DEFAULT now(),
  last_error        text
);
CREATE INDEX credit_top_ups_due ON credit_top_ups (next_attempt_at);

-- Wakes the buyers of top-ups with the commit.
CREATE FUNCTION credit_top_ups_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('top_ups', '');
  RETURN NULL;
END $$;
CREATE TRIGGER credit_top_ups_ring AFTER INSERT ON credit_top_ups FOR EACH STATEMENT EXECUTE FUNCTION credit_top_ups_ring();

-- The month that counts for the cap.
CREATE FUNCTION credit_month() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT date_trunc('month', now(), 'UTC') $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON credit_auto_top_ups, credit_top_ups TO billing_app;
