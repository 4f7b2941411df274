-- Reservations: credits held for a while.
CREATE TABLE credit_reservations (
  id         uuid PRIMARY KEY,
  user_id    text NOT NULL,
  amount     bigint NOT NULL CHECK (amount > 0),
  lots       bigint[] NOT NULL,                        -- pinned: neither consumed nor expired nor taken back meanwhile
  parts      bigint[] NOT NULL,
  state      text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'committed', 'released', 'expired')),
  committed  bigint NOT NULL DEFAULT 0 CHECK (committed BETWEEN 0 AND amount AND (committed > 0) = (state = 'committed')),
  entry_id   bigint REFERENCES credit_entries,
  reason     text,
  reference  text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  settled_at timestamptz,
  CHECK ((settled_at IS NULL) = (state = 'held'))
);
CREATE INDEX credit_reservations_by_user ON credit_reservations (user_id, expires_at) WHERE state = 'held';
CREATE INDEX credit_reservations_by_end ON credit_reservations (expires_at) WHERE state = 'held';

-- Ends reservations whose time is over. Called before every taking, so that no hold outlasts its end; the sweep calls it for all other users.
CREATE FUNCTION credit_lapse(p_user text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE lapsed credit_reservations;
BEGIN
  FOR lapsed IN SELECT * FROM credit_reservations WHERE user_id = p_user AND state = 'held' AND expires_at <= now() FOR UPDATE LOOP
    UPDATE credit_lots l SET held = l.held + p.part FROM unnest(lapsed.lots, lapsed.parts) AS p (lot, part) WHERE l.id = p.lot;
    UPDATE credit_reservations SET state = 'expired', settled_at = now() WHERE id = lapsed.id;
  END LOOP;
  IF FOUND THEN PERFORM credit_repay(p_user); END IF;
END $$;

-- Holds credits for a while: all or nothing (no row).
CREATE FUNCTION credit_hold(p_id uuid, p_user text, p_amount bigint, p_for interval, p_reason text, p_reference text)
RETURNS SETOF credit_reservations LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE plan record;
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  PERFORM credit_lapse(p_user);
  SELECT * INTO plan FROM credit_plan(p_user, p_amount, NULL);
  IF plan.total < p_amount THEN RETURN; END IF;
  UPDATE credit_lots l SET held = l.held - p.part FROM unnest(plan.lots, plan.parts) AS p (lot, part) WHERE l.id = p.lot;
  RETURN QUERY INSERT INTO credit_reservations (id, user_id, amount, lots, parts, reason, reference, expires_at)
    VALUES (p_id, p_user, p_amount, plan.lots, plan.parts, p_reason, p_reference, now() + p_for) RETURNING *;
END $$;

-- Ends a reservation: takes p_amount of it (0 = release) and releases the rest. Answers it as it is then; one that had ended before stays as it was.
CREATE FUNCTION credit_settle(p_id uuid, p_user text, p_amount bigint)
RETURNS SETOF credit_reservations LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held credit_reservations; taken_lots bigint[] := '{}'; taken_parts bigint[] := '{}'; due bigint := p_amount; entry bigint;
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  PERFORM credit_lapse(p_user);
  SELECT * INTO held FROM credit_reservations WHERE id = p_id AND user_id = p_user FOR UPDATE;
  IF held.state = 'held' AND p_amount BETWEEN 0 AND held.amount THEN
    UPDATE credit_lots l SET held = l.held + p.part FROM unnest(held.lots, held.parts) AS p (lot, part) WHERE l.id = p.lot;
    FOR i IN 1 .. cardinality(held.lots) LOOP
      EXIT WHEN due = 0;
      taken_lots := taken_lots || held.lots[i];
      taken_parts := taken_parts || -least(due, -held.parts[i]);
      due := due - least(due, -held.parts[i]);
    END LOOP;
    IF p_amount > 0 THEN
      INSERT INTO credit_entries (user_id, kind, amount, lots, parts, source, reason, reference)
        VALUES (p_user, 'consume', -p_amount, taken_lots, taken_parts, 'reservation:' || p_id, held.reason, held.reference) RETURNING id INTO entry;
    END IF;
    UPDATE credit_reservations SET state = CASE WHEN p_amount > 0 THEN 'committed' ELSE 'released' END, committed = p_amount, entry_id = entry,
      settled_at = now() WHERE id = p_id;
    PERFORM credit_repay(p_user);
  END IF;
  RETURN QUERY SELECT * FROM credit_reservations WHERE id = p_id AND user_id = p_user;
END $$;

-- Ends a hold by its id, of p_owner when one is given: takes p_amount of it (0 = release, null = all). Answers also the state before, seen under the
-- account's lock, so that of two callers who end it one knows that it was theirs; no row when there is no such hold.
CREATE FUNCTION credit_end_hold(p_id uuid, p_owner text, p_amount bigint)
RETURNS TABLE (was text, reservation credit_reservations) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held credit_reservations; before text;
BEGIN
  SELECT * INTO held FROM credit_reservations WHERE id = p_id AND (p_owner IS NULL OR user_id = p_owner);
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM FROM credit_accounts WHERE user_id = held.user_id FOR UPDATE;
  PERFORM credit_lapse(held.user_id);
  SELECT state INTO before FROM credit_reservations WHERE id = p_id;
  RETURN QUERY SELECT before, s FROM credit_settle(p_id, held.user_id, coalesce(p_amount, held.amount)) s;
END $$;

GRANT SELECT ON credit_reservations TO billing_app;
REVOKE EXECUTE ON FUNCTION credit_lapse, credit_hold, credit_settle, credit_end_hold FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credit_hold, credit_settle, credit_end_hold TO billing_app;
