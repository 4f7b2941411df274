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
  cause         text NOT NULL
);
CREATE INDEX audit_logs_by_user ON audit_logs (user_id, id DESC);
CREATE INDEX audit_logs_by_resource ON audit_logs (resource_type, resource_id, id DESC);
CREATE INDEX audit_logs_by_cause ON audit_logs (cause);

-- Append-only twice over: the application's role lacks the privilege, and the owner is stopped by the trigger.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: a correction is another row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON audit_logs TO billing_app;
