-- How far the business calendar runs ahead of the database's clock. Zero in production, and the application cannot change it: the owner of the database
-- moves it together with a Stripe test clock, so that grace and deadlines pass with the periods that Stripe lets pass.
CREATE TABLE billing_clock (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  ahead interval NOT NULL DEFAULT '0' CHECK (ahead >= '0')
);
INSERT INTO billing_clock DEFAULT VALUES;

-- The calendar's time. Leases and retries go by the clock itself.
CREATE FUNCTION billing_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() + ahead FROM billing_clock $$;

GRANT SELECT ON billing_clock TO billing_app;
