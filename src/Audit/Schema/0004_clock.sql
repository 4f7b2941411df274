-- How far this world's calendar runs ahead of the database's clock. Nought in production, and the application cannot change it: whoever owns the
-- database moves it together with a Stripe test clock, so that grace and deadlines pass with the periods that Stripe lets pass.
CREATE TABLE billing_clock (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  ahead interval NOT NULL DEFAULT '0' CHECK (ahead >= '0')
);
INSERT INTO billing_clock DEFAULT VALUES;
GRANT SELECT ON billing_clock TO billing_app;

-- What calendar time it is; leases and retries go by the clock itself.
CREATE FUNCTION billing_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() + ahead FROM billing_clock $$;
