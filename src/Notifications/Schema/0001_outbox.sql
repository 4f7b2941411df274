-- Where webhooks are sent. Endpoints are never deleted, because deliveries name them.
CREATE TABLE webhook_endpoints (
  id                uuid PRIMARY KEY,
  url               text NOT NULL,
  description       text NOT NULL DEFAULT '',
  event_types       text[] NOT NULL DEFAULT '{}',   -- none = all
  enabled           boolean NOT NULL DEFAULT true,
  disabled_reason   text,                           -- null when an administrator disabled it
  secret            text NOT NULL,                  -- encrypted (data protection)
  old_secret        text,                           -- signs along after a rotation
  old_secret_until  timestamptz,
  failing_since     timestamptz,                    -- the first failure since the last success
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  deleted_at        timestamptz,
  CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
  CHECK (NOT enabled OR (deleted_at IS NULL AND disabled_reason IS NULL))
);
CREATE INDEX webhook_endpoints_by_age ON webhook_endpoints (created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- The events that webhooks tell: the body as it is signed, byte for byte the same in every attempt.
CREATE TABLE outgoing_events (
  id         text PRIMARY KEY,          -- msg_…, the header webhook-id
  type       text NOT NULL,
  body       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Mails and webhooks to send, written in the transaction of what they tell. next_attempt_at is due time and lease in one, as in inbox_steps.
CREATE TABLE outbox (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind            text NOT NULL CHECK (kind IN ('mail', 'webhook')),
  key             text NOT NULL UNIQUE,         -- its cause: one thing is told once
  cause           text NOT NULL,                -- the event or request, for the audit log
  payload         jsonb,                        -- of a mail: the template's name and its facts
  event_id        text REFERENCES outgoing_events,
  endpoint_id     uuid REFERENCES webhook_endpoints,
  attempts        int NOT NULL DEFAULT 0,       -- also the fence: only the latest claim may say how it ended
  retried_at      int NOT NULL DEFAULT 0,       -- the attempts when an operator opened it again: further attempts are counted from there
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  sent_at         timestamptz,
  parked_at       timestamptz,
  last_status     int,                          -- what the other side answered last
  last_error      text,
  CHECK (sent_at IS NULL OR parked_at IS NULL),
  CHECK ((kind = 'mail') = (payload IS NOT NULL)),
  CHECK ((kind = 'webhook') = (event_id IS NOT NULL AND endpoint_id IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX outbox_mail_due ON outbox (next_attempt_at) WHERE kind = 'mail' AND sent_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_webhook_due ON outbox (endpoint_id, next_attempt_at) WHERE kind = 'webhook' AND sent_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_by_age ON outbox (created_at DESC, id DESC);
CREATE INDEX outbox_pending ON outbox (created_at DESC, id DESC) WHERE sent_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_parked ON outbox (created_at DESC, id DESC) WHERE parked_at IS NOT NULL;
CREATE INDEX outbox_by_endpoint ON outbox (endpoint_id, created_at DESC NULLS LAST, id DESC) WHERE endpoint_id IS NOT NULL;

-- Wakes the senders with the commit, unless the statement inserted nothing.
CREATE FUNCTION outbox_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM fresh) THEN PERFORM pg_notify('outbox', ''); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER outbox_ring AFTER INSERT ON outbox REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION outbox_ring();

GRANT SELECT, INSERT, UPDATE ON webhook_endpoints TO billing_app;
GRANT SELECT, INSERT ON outgoing_events TO billing_app;
GRANT SELECT, INSERT, UPDATE ON outbox TO billing_app;
