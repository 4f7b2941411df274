-- What each subscription entitles its user to, as last told by Stripe. Keycloak's attributes are a projection of this table.
CREATE TABLE identity_subscriptions (
  subscription_id text PRIMARY KEY,
  user_id         text NOT NULL,
  customer_id     text NOT NULL,
  tier_id         text NOT NULL,
  status          text NOT NULL,
  -- A tier is kept during grace (past_due); what the status says decides, not a flag that somebody sets.
  is_active       boolean NOT NULL GENERATED ALWAYS AS (status IN ('active', 'trialing', 'past_due')) STORED,
  start_date      timestamptz,
  end_date        timestamptz,
  -- The guard: a state is replaced only by one that is as new or newer.
  as_of           timestamptz NOT NULL,
  as_of_rank      integer NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identity_subscriptions_by_user ON identity_subscriptions (user_id, is_active DESC, start_date DESC NULLS LAST, subscription_id);

-- Which user a Stripe customer is: by the event that named both, or by an operator. Never by an e-mail address.
CREATE TABLE identity_customers (
  stripe_customer_id text PRIMARY KEY,
  user_id            text NOT NULL,
  linked_by          text NOT NULL,
  by_operator        boolean NOT NULL DEFAULT false,   -- a person's word outweighs what a payment says of itself
  linked_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identity_customers_by_user ON identity_customers (user_id);

GRANT SELECT, INSERT, UPDATE ON identity_subscriptions, identity_customers TO billing_app;
