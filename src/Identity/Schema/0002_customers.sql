-- The user of a Stripe customer: by the event that named both, or by an operator. Never by an e-mail address.
CREATE TABLE identity_customers (
  stripe_customer_id text PRIMARY KEY,
  user_id            text NOT NULL,
  linked_by          text NOT NULL,
  by_operator        boolean NOT NULL DEFAULT false,   -- a person's word outweighs what a payment says of itself
  linked_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identity_customers_by_user ON identity_customers (user_id);

-- The user of a guest's payment: guests have no customer at Stripe, so an operator links the checkout session.
CREATE TABLE identity_guests (
  session_id text PRIMARY KEY,   -- cs_…
  user_id    text NOT NULL,
  linked_by  text NOT NULL,
  linked_at  timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON identity_customers TO billing_app;
GRANT SELECT, INSERT ON identity_guests TO billing_app;
