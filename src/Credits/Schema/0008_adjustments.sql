-- What the API asks of the ledger: how a user stands, the end of a hold by its id alone, and the end of what has had its time.

-- balance = available + reserved + frozen + what has ended and was not yet swept. A hold whose time is over counts as free, since the next taking
-- ends it first; what is owed is not to spend.
CREATE FUNCTION credit_standing(p_user text)
RETURNS TABLE (balance bigint, reserved bigint, available bigint, frozen bigint, debt bigint, expiring_soon bigint, next_expiry_at timestamptz,
  updated_at timestamptz) LANGUAGE sql STABLE AS $$
  WITH holds AS (
    SELECT lots, parts, amount, expires_at <= now() AS lapsed FROM credit_reservations WHERE user_id = p_user AND state = 'held'),
  rests AS MATERIALIZED (
    SELECT l.frozen, l.expires_at, coalesce(l.expires_at <= now(), false) AS ended,
      l.remaining - l.held - coalesce((SELECT sum(p.part) FROM holds h, unnest(h.lots, h.parts) AS p (lot, part) WHERE h.lapsed AND p.lot = l.id), 0) AS free
    FROM credit_lots l WHERE l.user_id = p_user AND NOT l.spent)
  SELECT a.balance, coalesce((SELECT sum(h.amount) FROM holds h WHERE NOT h.lapsed), 0)::bigint, greatest(s.spendable - a.debt, 0)::bigint,
    s.frozen::bigint, a.debt, s.soon::bigint, s.next_end, a.updated_at
  FROM credit_accounts a CROSS JOIN (
    SELECT coalesce(sum(r.free) FILTER (WHERE NOT r.frozen AND NOT r.ended), 0) AS spendable,
      coalesce(sum(r.free) FILTER (WHERE r.frozen), 0) AS frozen,
      coalesce(sum(r.free) FILTER (WHERE NOT r.frozen AND NOT r.ended AND r.expires_at <= now() + interval '7 days'), 0) AS soon,
      min(r.expires_at) FILTER (WHERE NOT r.frozen AND NOT r.ended AND r.free > 0) AS next_end
    FROM rests r) s
  WHERE a.user_id = p_user
$$;

-- Ends a hold by its id, of p_owner when one is given: takes p_amount of it (0 = release, null = all). Answers also the state before, seen under the
-- account's lock, so that of two who end it one knows that it was he; no row when there is no such hold.
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

-- Ends what of a user's has had its time, holds before lots: what they held ends too. Answers the lots that ended.
CREATE FUNCTION credit_sweep(p_user text)
RETURNS TABLE (entry_id bigint, amount bigint, balance_after bigint, lot_source text, ended_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE ended record;
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  PERFORM credit_lapse(p_user);
  FOR ended IN
    SELECT id, source, expires_at FROM credit_lots
    WHERE user_id = p_user AND NOT spent AND NOT frozen AND expires_at <= now() AND remaining > held ORDER BY expires_at, id
  LOOP
    RETURN QUERY SELECT e.entry_id, e.amount, e.balance_after, ended.source, ended.expires_at FROM credit_expire(p_user, ended.id) e;
  END LOOP;
END $$;

-- Grants and adjustments that wait for a second administrator. Who asked cannot decide: the table does not take it.
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

-- One alert per user and day (UTC); mails and top-ups read it.
CREATE TABLE credit_low_balance_alerts (
  user_id    text NOT NULL,
  day        date NOT NULL,
  balance    bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, day)
);

GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at, decision_reason, entry_id) ON credit_approvals TO billing_app;
GRANT SELECT, INSERT ON credit_low_balance_alerts TO billing_app;
REVOKE EXECUTE ON FUNCTION credit_standing, credit_end_hold, credit_sweep FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credit_standing, credit_end_hold, credit_sweep TO billing_app;
