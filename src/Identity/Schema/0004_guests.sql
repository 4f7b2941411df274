-- Whose a guest's payment is: he has no customer at Stripe, so an operator links the checkout session.
CREATE TABLE identity_guests (
  session_id text PRIMARY KEY,   -- cs_…
  user_id    text NOT NULL,
  linked_by  text NOT NULL,
  linked_at  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON identity_guests TO billing_app;
