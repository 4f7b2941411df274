-- Who may buy a tier that is for invited ones only. What was bought stays when an invitation is taken back.
CREATE TABLE billing_tier_invitations (
  tier_id    text NOT NULL REFERENCES billing_tiers (id),
  user_id    text NOT NULL CHECK (user_id <> ''), -- Keycloak's id
  invited_by text NOT NULL,
  invited_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tier_id, user_id)
);
GRANT SELECT, INSERT, DELETE ON billing_tier_invitations TO billing_app;
