-- One alert per user and day (UTC) on which their balance is low.
CREATE TABLE credit_low_balance_alerts (
  user_id    text NOT NULL,
  day        date NOT NULL,
  balance    bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, day)
);

-- Takes credits in burn order: all or nothing (no row). A source that was taken before is refused by its unique index.
CREATE FUNCTION credit_take(p_user text, p_amount bigint, p_kind text, p_source text, p_reason text, p_reference text)
RETURNS TABLE (entry_id bigint, balance_after bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE plan record;
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  IF EXISTS (SELECT FROM credit_reservations WHERE user_id = p_user AND state = 'held' AND expires_at <= now()) THEN -- cheaper than the call
    PERFORM credit_lapse(p_user);
  END IF;
  SELECT * INTO plan FROM credit_plan(p_user, p_amount, NULL);
  IF plan.total < p_amount THEN RETURN; END IF;
  RETURN QUERY INSERT INTO credit_entries AS e (user_id, kind, amount, lots, parts, source, reason, reference)
    VALUES (p_user, p_kind, -p_amount, plan.lots, plan.parts, p_source, p_reason, p_reference) RETURNING e.id, e.balance_after;
END $$;

-- Ends a lot whose time is over, as far as it is not held; no row when there is nothing to end.
CREATE FUNCTION credit_expire(p_user text, p_lot bigint)
RETURNS TABLE (entry_id bigint, amount bigint, balance_after bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE rest bigint; lot_origin text;
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  PERFORM credit_lapse(p_user);
  SELECT l.remaining - l.held, l.origin INTO rest, lot_origin FROM credit_lots l
    WHERE l.id = p_lot AND l.user_id = p_user AND l.expires_at <= now() AND NOT l.frozen;
  IF coalesce(rest, 0) = 0 THEN RETURN; END IF;
  RETURN QUERY INSERT INTO credit_entries AS e (user_id, kind, amount, lots, parts, reference)
    VALUES (p_user, 'expire', -rest, ARRAY[p_lot], ARRAY[-rest], lot_origin) RETURNING e.id, e.amount, e.balance_after;
END $$;

-- Ends all of a user's holds and lots whose time is over, holds before lots: what they held ends too. Answers the lots that ended.
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

-- How much a user has and can spend. balance = available + reserved + frozen + what has ended and was not yet swept. A hold whose time is over counts as
-- free, since the next taking ends it first; credits that are owed cannot be spent.
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

GRANT SELECT, INSERT ON credit_low_balance_alerts TO billing_app;
REVOKE EXECUTE ON FUNCTION credit_take, credit_expire, credit_sweep, credit_standing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credit_take, credit_expire, credit_sweep, credit_standing TO billing_app;
