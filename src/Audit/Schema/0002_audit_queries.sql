-- For the audit log's readers (ReadAuditLog). Few are asked of every row, so most hold only the rows that they are asked for.
CREATE INDEX audit_logs_by_action ON audit_logs (action, id DESC);
CREATE INDEX audit_logs_by_username ON audit_logs (username, id DESC) WHERE username IS NOT NULL;
CREATE INDEX audit_logs_by_ip ON audit_logs (ip_address, id DESC) WHERE ip_address IS NOT NULL;
CREATE INDEX audit_logs_by_result ON audit_logs (result, id DESC) WHERE result <> 'success';
CREATE INDEX audit_logs_by_time ON audit_logs USING brin (timestamp);
