-- An unlinked payment is a parked step that waits for somebody to say whose it is: the Stripe customer, or the session of a guest. Null for every other step.
ALTER TABLE inbox_steps ADD COLUMN waits_for text CHECK (waits_for IS NULL OR outcome IS NOT DISTINCT FROM 'parked');
CREATE INDEX inbox_steps_unlinked ON inbox_steps (completed_at DESC, event_id DESC) WHERE waits_for IS NOT NULL;
CREATE INDEX inbox_steps_waits_for ON inbox_steps (waits_for) WHERE waits_for IS NOT NULL;
