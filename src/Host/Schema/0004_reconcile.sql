-- Runs of the reconciler. One at a time over all hosts: the index sees to that; the lease tells whether the run's process lives, the fence whether the run
-- is still its own.
CREATE TABLE reconcile_runs (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  since       timestamptz NOT NULL,           -- Stripe's events from then on
  until       timestamptz NOT NULL,           -- what is younger may still be on its way
  apply       boolean NOT NULL,
  force       boolean NOT NULL,
  asked_by    text NOT NULL,
  owner       text NOT NULL,                  -- host and process
  state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'refused', 'failed', 'abandoned')),
  phase       text NOT NULL DEFAULT 'events', -- where to go on, and after what
  cursor      text,
  fence       int NOT NULL DEFAULT 1,
  lease_until timestamptz NOT NULL,
  events      bigint NOT NULL DEFAULT 0,      -- how many Stripe listed
  missing     bigint NOT NULL DEFAULT 0,      -- how many of them we lacked, and have now
  compared    bigint NOT NULL DEFAULT 0,      -- subscriptions and users
  in_progress bigint NOT NULL DEFAULT 0,      -- of them, left alone because the inbox works on them
  message     text,
  started_at  timestamptz NOT NULL DEFAULT now(),
  ended_at    timestamptz,
  CHECK ((state = 'running') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX reconcile_runs_one ON reconcile_runs ((true)) WHERE state = 'running';
CREATE INDEX reconcile_runs_by_end ON reconcile_runs (ended_at);

-- The subscriptions that a run has compared: a run may be continued, and meets the same ones by several ways. Emptied when it ends.
CREATE TABLE reconcile_compared (
  run_id  bigint NOT NULL REFERENCES reconcile_runs (id) ON DELETE CASCADE,
  subject text NOT NULL,
  PRIMARY KEY (run_id, subject)
);

-- The differences that a run found: what a system has, what it should have, and how to mend it.
CREATE TABLE reconcile_findings (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id     bigint NOT NULL REFERENCES reconcile_runs (id) ON DELETE CASCADE,
  kind       text NOT NULL,
  system     text NOT NULL CHECK (system IN ('database', 'lago', 'keycloak', 'stripe')),
  subject    text NOT NULL,                   -- sub_…, or a user id
  user_id    text,
  have       text NOT NULL,
  want       text NOT NULL,
  cause      text NOT NULL,
  remedy     text NOT NULL,
  mendable   boolean NOT NULL,                -- false: only a person can tell which side is right
  state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'repaired', 'failed')),
  note       text,
  found_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (run_id, subject, kind)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON reconcile_runs TO billing_app;
GRANT SELECT, INSERT, DELETE ON reconcile_compared TO billing_app;
GRANT SELECT, INSERT, UPDATE ON reconcile_findings TO billing_app;
