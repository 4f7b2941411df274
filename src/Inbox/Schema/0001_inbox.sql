-- Events of Stripe, as the bytes that were signed. Rows are inserted and never changed: the state of an event is the state of its steps.
CREATE TABLE inbox_events (
  id          text PRIMARY KEY,         -- evt_…, or body_<sha256> for an authentic body without a readable id
  type        text NOT NULL,
  created     timestamptz,              -- Stripe's clock
  livemode    boolean,
  api_version text,
  payload     bytea NOT NULL,
  routed      boolean NOT NULL,         -- false: no route for this type when it came, so it is ignored
  received_at timestamptz NOT NULL DEFAULT now()
);
DO $$ BEGIN
  ALTER TABLE inbox_events ALTER COLUMN payload SET COMPRESSION lz4;   -- pglz costs 35 µs more per event
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
  RAISE NOTICE 'this server has no lz4: payloads are compressed with pglz';
END $$;

-- The queue of steps: what has to be done because of an event. next_attempt_at is due time and lease in one: a claim pushes it forward, so a step whose
-- host crashed is claimed again. No foreign key: steps are inserted from rows of inbox_events, which the application cannot delete; the check would lock,
-- and so write, each of them.
CREATE TABLE inbox_steps (
  event_id        text NOT NULL,
  command         text NOT NULL,            -- the kind: a name that outlives the code's
  plan_version    int NOT NULL DEFAULT 0,   -- by which version of the routes it was written
  lane            text NOT NULL CHECK (lane IN ('local', 'remote')),
  attempts        int NOT NULL DEFAULT 0,   -- also the fence: only the latest claim may end the step
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  completed_at    timestamptz,
  outcome         text CHECK (outcome IN ('done', 'ignored', 'parked')),
  last_error      text,
  waits_for       text,                     -- of an unlinked payment: the Stripe customer, or a guest's session, that an operator has yet to link to a user
  PRIMARY KEY (event_id, command),
  CHECK ((outcome IS NULL) = (completed_at IS NULL)),
  CHECK (waits_for IS NULL OR outcome IS NOT DISTINCT FROM 'parked')
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
-- Open steps are in one of two indexes: those that wait for a claim, and those under a claim that has not reported yet (running, or lapsed).
CREATE INDEX inbox_steps_waiting ON inbox_steps (lane, next_attempt_at) WHERE outcome IS NULL AND (attempts = 0 OR last_error IS NOT NULL);
CREATE INDEX inbox_steps_claimed ON inbox_steps (lane, next_attempt_at) WHERE outcome IS NULL AND attempts > 0 AND last_error IS NULL;
CREATE INDEX inbox_steps_parked ON inbox_steps (completed_at DESC) WHERE outcome = 'parked';
CREATE INDEX inbox_steps_unlinked ON inbox_steps (completed_at DESC, event_id DESC) WHERE waits_for IS NOT NULL;
CREATE INDEX inbox_steps_waits_for ON inbox_steps (waits_for) WHERE waits_for IS NOT NULL;

-- Wakes the workers with the commit that added steps.
CREATE FUNCTION inbox_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('inbox', '');
  RETURN NULL;
END $$;
CREATE TRIGGER inbox_steps_ring AFTER INSERT ON inbox_steps FOR EACH STATEMENT EXECUTE FUNCTION inbox_ring();

-- The state of each event: open while a step is open, else parked when a step is parked, else done or ignored.
CREATE VIEW inbox_event_states AS
SELECT e.id, e.type, e.created, e.received_at,
       CASE WHEN count(s.command) = 0 THEN 'ignored'
            WHEN bool_or(s.outcome IS NULL) THEN 'open'
            WHEN bool_or(s.outcome = 'parked') THEN 'parked'
            WHEN bool_and(s.outcome = 'ignored') THEN 'ignored'
            ELSE 'done' END AS state
FROM inbox_events e LEFT JOIN inbox_steps s ON s.event_id = e.id
GROUP BY e.id;

GRANT SELECT, INSERT ON inbox_events TO billing_app;
GRANT SELECT, INSERT, UPDATE ON inbox_steps TO billing_app;
GRANT SELECT ON inbox_event_states TO billing_app;
