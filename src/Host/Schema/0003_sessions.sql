-- Browser sessions. The cookie holds a random key and this table its hash, so that a reader of the database cannot take over a session.
CREATE TABLE access_sessions (
  id          bytea PRIMARY KEY,        -- SHA-256 of the cookie's value
  user_id     text NOT NULL,            -- the token's sub
  sid         text NOT NULL,            -- Keycloak's session: what a back-channel logout names
  ticket      bytea NOT NULL,           -- the user's claims, and the tokens to ask Keycloak with; encrypted
  created_at  timestamptz NOT NULL DEFAULT now(),
  checked_at  timestamptz NOT NULL DEFAULT now(),   -- when Keycloak last vouched for it
  check_until timestamptz,              -- a host is asking Keycloak, at most until then
  expires_at  timestamptz NOT NULL
);
CREATE INDEX access_sessions_by_sid ON access_sessions (sid);
CREATE INDEX access_sessions_by_user ON access_sessions (user_id);
CREATE INDEX access_sessions_by_expiry ON access_sessions (expires_at);

-- The keys that all hosts share for sign-in states, form tokens and the tickets above (ASP.NET Core data protection).
CREATE TABLE data_protection_keys (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL,
  xml        text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE, DELETE ON access_sessions TO billing_app;
GRANT SELECT, INSERT ON data_protection_keys TO billing_app;
