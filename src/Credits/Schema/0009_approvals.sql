-- Grants and adjustments that wait for a second administrator. The administrator who asked cannot decide: the table refuses it.
CREATE TABLE credit_approvals (
  id              uuid PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('grant', 'adjustment')),
  user_id         text NOT NULL,
  credits         bigint NOT NULL CHECK (credits <> 0 AND (credits > 0 OR kind = 'adjustment')),
  reason          text NOT NULL,
  ends_at         timestamptz,                         -- of the credits; null = never
  requested_by    text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  expires_at      timestamptz NOT NULL,                -- of the request
  state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'rejected')),
  decided_by      text CHECK (decided_by <> requested_by),
  decided_at      timestamptz,
  decision_reason text,
  entry_id        bigint UNIQUE REFERENCES credit_entries,
  CHECK ((state = 'pending') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL) AND (state = 'approved') = (entry_id IS NOT NULL))
);

GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at, decision_reason, entry_id) ON credit_approvals TO billing_app;
