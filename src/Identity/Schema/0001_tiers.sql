-- What a tier entitles to. Its name, prices and plans are the billing room's; the two rooms share the id. A tier that has no row here gives no features,
-- counts least beside others and has the usual grace.
CREATE TABLE identity_tiers (
  tier_id        text PRIMARY KEY,
  rank           int NOT NULL DEFAULT 1 CHECK (rank BETWEEN 0 AND 1000),           -- of several subscriptions the highest counts
  grace_days     int NOT NULL DEFAULT 7 CHECK (grace_days BETWEEN 0 AND 90),       -- how long an unpaid invoice leaves the tier
  grace_features text[]                                                            -- null: all features stay on meanwhile; else these alone
);
INSERT INTO identity_tiers (tier_id, rank, grace_days) VALUES
  ('free', 0, 0), ('trial', 10, 3), ('starter', 20, 7), ('professional', 30, 7), ('founders-friend', 30, 7), ('enterprise', 40, 14);

-- The features of a tier, each with a value of its type.
CREATE TABLE identity_tier_features (
  tier_id text NOT NULL REFERENCES identity_tiers (tier_id),
  key     text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,49}$'),
  type    text NOT NULL CHECK (type IN ('boolean', 'number', 'text')),
  value   text NOT NULL CHECK (CASE type WHEN 'boolean' THEN value IN ('true', 'false') WHEN 'number' THEN value ~ '^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$'
                                         ELSE length(value) BETWEEN 1 AND 200 END),
  PRIMARY KEY (tier_id, key)
);
INSERT INTO identity_tier_features (tier_id, key, type, value) VALUES
  ('free',            'projects',          'number',  '1'),
  ('free',            'team_members',      'number',  '1'),
  ('trial',           'api_access',        'boolean', 'true'),
  ('trial',           'projects',          'number',  '3'),
  ('trial',           'team_members',      'number',  '1'),
  ('starter',         'api_access',        'boolean', 'true'),
  ('starter',         'projects',          'number',  '10'),
  ('starter',         'team_members',      'number',  '1'),
  ('professional',    'api_access',        'boolean', 'true'),
  ('professional',    'priority_support',  'boolean', 'true'),
  ('professional',    'projects',          'number',  '100'),
  ('professional',    'team_members',      'number',  '10'),
  ('founders-friend', 'api_access',        'boolean', 'true'),
  ('founders-friend', 'priority_support',  'boolean', 'true'),
  ('founders-friend', 'projects',          'number',  '100'),
  ('founders-friend', 'team_members',      'number',  '10'),
  ('enterprise',      'api_access',        'boolean', 'true'),
  ('enterprise',      'priority_support',  'boolean', 'true'),
  ('enterprise',      'projects',          'text',    'unlimited'),
  ('enterprise',      'single_sign_on',    'boolean', 'true'),
  ('enterprise',      'team_members',      'text',    'unlimited'),
  ('enterprise',      'unlimited_credits', 'boolean', 'true');

-- The list of plans, which every host keeps in memory, shows features.
CREATE FUNCTION identity_tiers_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('plans', '');
  RETURN NULL;
END $$;
CREATE TRIGGER identity_tiers_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON identity_tiers
  FOR EACH STATEMENT EXECUTE FUNCTION identity_tiers_notify();
CREATE TRIGGER identity_tier_features_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON identity_tier_features
  FOR EACH STATEMENT EXECUTE FUNCTION identity_tiers_notify();

GRANT SELECT, INSERT, UPDATE ON identity_tiers TO billing_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_tier_features TO billing_app;
