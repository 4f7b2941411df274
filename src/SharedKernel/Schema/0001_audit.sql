-- The audit log: one row per action, whether it succeeded or not. Rows are inserted and never changed.
CREATE TABLE audit_logs (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  timestamp     timestamptz NOT NULL DEFAULT now(),
  user_id       text,
  username      text,
  ip_address    inet,
  user_agent    text,
  action        text NOT NULL,
  resource_type text NOT NULL,
  resource_id   text NOT NULL,
  result        text NOT NULL CHECK (result IN ('success', 'failure', 'error', 'denied')),
  error_message text,
  metadata      jsonb NOT NULL DEFAULT '{}',
  cause         text NOT NULL           -- the event or request
);
CREATE INDEX audit_logs_by_cause ON audit_logs (cause);
-- For the log's readers (ReadAuditLog). Few filters concern every row, so most indexes hold only the rows that they are asked for.
-- No id is ever null. NULLS LAST only tells these orders from the primary key's: PostgreSQL would else read a page from the primary key, past the rows of
-- all other users, when a user has many old rows.
CREATE INDEX audit_logs_by_result ON audit_logs (result, id DESC) WHERE result <> 'success';
CREATE INDEX audit_logs_by_time ON audit_logs USING brin (timestamp);
CREATE INDEX audit_logs_by_user ON audit_logs (user_id, id DESC NULLS LAST);
CREATE INDEX audit_logs_by_resource ON audit_logs (resource_type, resource_id, id DESC NULLS LAST);
CREATE INDEX audit_logs_by_action ON audit_logs (action, id DESC NULLS LAST);
CREATE INDEX audit_logs_by_username ON audit_logs (username, id DESC NULLS LAST) WHERE username IS NOT NULL;
CREATE INDEX audit_logs_by_ip ON audit_logs (ip_address, id DESC NULLS LAST) WHERE ip_address IS NOT NULL;

-- Append-only twice over: the application's role lacks the privilege, and the trigger stops the owner. The ledger uses the function too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: a correction is another row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON audit_logs TO billing_app;
