-- The catalogue of credit packages. The discount is a badge: the price contains it.
CREATE TABLE credit_packages (
  id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  package_code        varchar(50) NOT NULL UNIQUE CHECK (package_code ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
  package_name        text NOT NULL,
  description         text NOT NULL DEFAULT '',
  credits             bigint NOT NULL CHECK (credits > 0),
  currency            char(3) NOT NULL CHECK (currency = lower(currency)), -- the default one
  discount_percentage int NOT NULL DEFAULT 0 CHECK (discount_percentage BETWEEN 0 AND 100),
  stripe_product_id   text,
  is_active           boolean NOT NULL DEFAULT true,
  is_featured         boolean NOT NULL DEFAULT false,
  badge_text          text,
  display_order       int NOT NULL DEFAULT 0,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now(),
  expires_after_days  int CHECK (expires_after_days BETWEEN 1 AND 3650),   -- null: the credits never expire
  revision            bigint NOT NULL DEFAULT 1
);
INSERT INTO credit_packages
  (package_code, package_name, description, credits, currency, discount_percentage, is_featured, badge_text, display_order) VALUES
  ('starter',    'Starter Pack',    'Try it out',                 1000,  'usd', 0,  false, NULL,      1),
  ('standard',   'Standard Pack',   'For regular use',            5000,  'usd', 10, false, NULL,      2),
  ('pro',        'Pro Pack',        'For professionals',          10000, 'usd', 20, true,  'POPULAR', 3),
  ('enterprise', 'Enterprise Pack', 'For teams with large needs', 50000, 'usd', 30, false, NULL,      4);

-- The prices of a package: one in each currency that it is sold in. They stand here and nowhere else.
CREATE TABLE credit_package_prices (
  package_code    varchar(50) NOT NULL REFERENCES credit_packages (package_code) ON UPDATE RESTRICT ON DELETE CASCADE,
  currency        char(3) NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  price_minor     bigint NOT NULL CHECK (price_minor BETWEEN 1 AND 99999999), -- Stripe takes eight digits
  stripe_price_id text UNIQUE,
  PRIMARY KEY (package_code, currency)
);
INSERT INTO credit_package_prices (package_code, currency, price_minor) VALUES
  ('starter', 'usd', 1000), ('standard', 'usd', 4500), ('pro', 'usd', 8000), ('enterprise', 'usd', 35000);

-- The two tables name each other: at every commit a package has a price in its default currency.
ALTER TABLE credit_packages ADD FOREIGN KEY (package_code, currency) REFERENCES credit_package_prices DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION credit_packages_revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER credit_packages_revise BEFORE UPDATE ON credit_packages FOR EACH ROW EXECUTE FUNCTION credit_packages_revise();

-- The amount of Stripe's price never changes, so with another amount it is not this price any more.
CREATE FUNCTION credit_package_prices_reprice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.stripe_price_id = OLD.stripe_price_id THEN NEW.stripe_price_id := NULL; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER credit_package_prices_reprice BEFORE UPDATE ON credit_package_prices
  FOR EACH ROW WHEN (NEW.price_minor <> OLD.price_minor) EXECUTE FUNCTION credit_package_prices_reprice();

-- Hosts keep the catalogue in memory; they hear of a change with its commit.
CREATE FUNCTION catalogue_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('catalogue', '');
  RETURN NULL;
END $$;
CREATE TRIGGER credit_packages_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON credit_packages
  FOR EACH STATEMENT EXECUTE FUNCTION catalogue_notify();
CREATE TRIGGER credit_package_prices_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON credit_package_prices
  FOR EACH STATEMENT EXECUTE FUNCTION catalogue_notify();

-- A package is never removed and keeps its code: purchases name it.
GRANT SELECT, INSERT, UPDATE (package_name, description, credits, currency, discount_percentage, stripe_product_id, is_active, is_featured, badge_text,
  display_order, expires_after_days) ON credit_packages TO billing_app;
GRANT SELECT, INSERT, DELETE, UPDATE (price_minor, stripe_price_id) ON credit_package_prices TO billing_app;
