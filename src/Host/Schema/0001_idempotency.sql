-- Requests under an Idempotency-Key and their answers. A row commits with its effect, or not at all.
CREATE TABLE idempotency_keys (
  caller      text NOT NULL,
  key         text NOT NULL,
  fingerprint bytea NOT NULL,           -- SHA-256 of the command
  response    json,                     -- null only inside the transaction that made the row
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO billing_app;
