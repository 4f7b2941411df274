-- The catalogue. Prices are integer minor units of their currency; the discount is a badge, the price contains it.
CREATE TABLE credit_packages (
  id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  package_code        varchar(50) NOT NULL UNIQUE,
  package_name        text NOT NULL,
  description         text NOT NULL DEFAULT '',
  credits             bigint NOT NULL CHECK (credits > 0),
  price_minor         bigint NOT NULL CHECK (price_minor > 0),
  currency            char(3) NOT NULL CHECK (currency = lower(currency)),
  discount_percentage int NOT NULL DEFAULT 0 CHECK (discount_percentage BETWEEN 0 AND 100),
  stripe_price_id     text,
  stripe_product_id   text,
  is_active           boolean NOT NULL DEFAULT true,
  is_featured         boolean NOT NULL DEFAULT false,
  badge_text          text,
  display_order       int NOT NULL DEFAULT 0,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now()
);
INSERT INTO credit_packages
  (package_code, package_name, description, credits, price_minor, currency, discount_percentage, is_featured, badge_text, display_order) VALUES
  ('starter',    'Starter Pack',    'Try it out',                 1000,  1000,  'usd', 0,  false, NULL,      1),
  ('standard',   'Standard Pack',   'For regular use',            5000,  4500,  'usd', 10, false, NULL,      2),
  ('pro',        'Pro Pack',        'For professionals',          10000, 8000,  'usd', 20, true,  'POPULAR', 3),
  ('enterprise', 'Enterprise Pack', 'For teams with large needs', 50000, 35000, 'usd', 30, false, NULL,      4);

-- What a plan gives per paid period; NULL = unlimited, so nothing is counted.
CREATE TABLE credit_allowances (
  tier_id text PRIMARY KEY,
  credits bigint CHECK (credits > 0)
);
INSERT INTO credit_allowances VALUES ('trial', 5), ('starter', 20), ('professional', 60), ('enterprise', NULL);

-- A purchase keeps a snapshot of what was sold. It, not the session's metadata, says what is granted.
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
  stripe_checkout_session_id text NOT NULL UNIQUE,
  stripe_payment_intent_id   text,
  -- one column written, the same one read: a payment id that differs from the intent cannot exist
  stripe_payment_id          text GENERATED ALWAYS AS (stripe_payment_intent_id) STORED UNIQUE,
  status                     text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'refunded', 'disputed')),
  failure_reason             text,
  created_at                 timestamptz NOT NULL DEFAULT now(),
  completed_at               timestamptz,
  updated_at                 timestamptz NOT NULL DEFAULT now(),
  metadata                   jsonb NOT NULL DEFAULT '{}',
  CHECK ((status IN ('completed', 'refunded', 'disputed')) = (completed_at IS NOT NULL))
);
CREATE INDEX credit_purchases_by_user ON credit_purchases (user_id, created_at DESC);
CREATE INDEX credit_purchases_by_status ON credit_purchases (status, created_at DESC);
CREATE INDEX credit_purchases_by_age ON credit_purchases (created_at DESC);

-- The ledger. Code inserts lots and entries; balance, remaining and balance_after are the database's own doing.
CREATE TABLE credit_accounts (
  user_id    text PRIMARY KEY,
  balance    bigint NOT NULL CHECK (balance >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE credit_lots (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    text NOT NULL,
  source     text NOT NULL UNIQUE,      -- session:cs_…, invoice:in_…: the thing that can be granted once
  amount     bigint NOT NULL CHECK (amount > 0),
  remaining  bigint NOT NULL DEFAULT 0 CHECK (remaining BETWEEN 0 AND amount),
  priority   int NOT NULL,              -- lower burns first
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credit_lots_by_burn_order ON credit_lots (user_id, priority, expires_at NULLS LAST, id) WHERE remaining > 0;
CREATE TABLE credit_entries (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id       text NOT NULL,
  lot_id        bigint NOT NULL REFERENCES credit_lots,
  kind          text NOT NULL CHECK (kind IN ('grant')),
  amount        bigint NOT NULL CHECK (amount <> 0),
  balance_after bigint NOT NULL,
  source        text NOT NULL UNIQUE,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credit_entries_by_user ON credit_entries (user_id, id DESC);

CREATE FUNCTION credit_entries_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE credit_lots SET remaining = remaining + NEW.amount WHERE id = NEW.lot_id AND user_id = NEW.user_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lot % is not of user %', NEW.lot_id, NEW.user_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  INSERT INTO credit_accounts AS a (user_id, balance) VALUES (NEW.user_id, NEW.amount)
    ON CONFLICT (user_id) DO UPDATE SET balance = a.balance + excluded.balance, updated_at = now()
    RETURNING balance INTO NEW.balance_after;
  RETURN NEW;
END $$;
-- BEFORE, because the row itself carries the running balance. Entries are inserted without ON CONFLICT: a row that is skipped would have been posted.
CREATE TRIGGER credit_entries_post BEFORE INSERT ON credit_entries FOR EACH ROW EXECUTE FUNCTION credit_entries_post();
CREATE TRIGGER credit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON credit_packages, credit_allowances, credit_accounts TO billing_app;
GRANT SELECT, INSERT ON credit_lots, credit_entries TO billing_app;
GRANT SELECT, INSERT, UPDATE ON credit_purchases TO billing_app;
