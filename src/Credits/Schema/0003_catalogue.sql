-- A package has a price in each currency that it is sold in, and they stand here and nowhere else.
CREATE TABLE credit_package_prices (
  package_code    varchar(50) NOT NULL REFERENCES credit_packages (package_code) ON UPDATE RESTRICT ON DELETE CASCADE,
  currency        char(3) NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  price_minor     bigint NOT NULL CHECK (price_minor BETWEEN 1 AND 99999999), -- Stripe takes eight digits
  stripe_price_id text UNIQUE,
  PRIMARY KEY (package_code, currency)
);
INSERT INTO credit_package_prices SELECT package_code, currency, price_minor, stripe_price_id FROM credit_packages;

-- What is left of it on the package is the default currency, and a price in it exists at every commit.
ALTER TABLE credit_packages
  DROP COLUMN price_minor,
  DROP COLUMN stripe_price_id,
  ADD COLUMN expires_after_days int CHECK (expires_after_days BETWEEN 1 AND 3650), -- NULL = what was bought never expires
  ADD COLUMN revision bigint NOT NULL DEFAULT 1,
  ADD CHECK (package_code ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
  ADD FOREIGN KEY (package_code, currency) REFERENCES credit_package_prices DEFERRABLE INITIALLY DEFERRED;

-- A purchase keeps what was promised when it was sold.
ALTER TABLE credit_purchases ADD COLUMN expires_after_days int;

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
GRANT INSERT, UPDATE (package_name, description, credits, currency, discount_percentage, stripe_product_id, is_active, is_featured, badge_text,
  display_order, expires_after_days) ON credit_packages TO billing_app;
GRANT SELECT, INSERT, DELETE, UPDATE (price_minor, stripe_price_id) ON credit_package_prices TO billing_app;
