-- No id is ever null: NULLS LAST only tells these orders from the primary key's, which PostgreSQL else reads past everybody else's rows for whoever has
-- many old ones (ReadAuditLog).
DROP INDEX audit_logs_by_user, audit_logs_by_resource, audit_logs_by_action, audit_logs_by_username, audit_logs_by_ip;
CREATE INDEX audit_logs_by_user ON audit_logs (user_id, id DESC NULLS LAST);
CREATE INDEX audit_logs_by_resource ON audit_logs (resource_type, resource_id, id DESC NULLS LAST);
CREATE INDEX audit_logs_by_action ON audit_logs (action, id DESC NULLS LAST);
CREATE INDEX audit_logs_by_username ON audit_logs (username, id DESC NULLS LAST) WHERE username IS NOT NULL;
CREATE INDEX audit_logs_by_ip ON audit_logs (ip_address, id DESC NULLS LAST) WHERE ip_address IS NOT NULL;
