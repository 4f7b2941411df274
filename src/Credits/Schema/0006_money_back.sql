-- Money that went back to buyers, as Stripe said it last: refunds and disputes. The credits that a purchase has to give up for it are computed from these
-- rows alone (MoneyBack), so events may come in any order and as often as they like. A row whose payment belongs to no purchase yet waits for it.

CREATE TABLE credit_refunds (
  refund_id         text PRIMARY KEY,
  payment_intent_id text NOT NULL,
  charge_id         text,
  amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
  currency          char(3) NOT NULL,
  state             text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),   -- moves to the right only
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credit_refunds_by_payment ON credit_refunds (payment_intent_id);

CREATE TABLE credit_disputes (
  dispute_id        text PRIMARY KEY,
  payment_intent_id text NOT NULL,
  charge_id         text,
  amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
  currency          char(3) NOT NULL,
  state             text NOT NULL CHECK (state IN ('inquiry', 'open', 'lost', 'closed')), -- in one second of Stripe's clock the rightmost counts
  as_of             timestamptz NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credit_disputes_by_payment ON credit_disputes (payment_intent_id);

-- How much of a grant was taken back: what ended of it by itself and no refund has counted yet, what refunds counted of that, and what else they took back
-- (and did not restore).
CREATE FUNCTION credit_taken_back(p_user text, p_origin text, OUT uncounted bigint, OUT ended bigint, OUT taken bigint) LANGUAGE sql STABLE AS $$
  SELECT coalesce(-sum(e.amount) FILTER (WHERE e.kind = 'expire') - sum(e.ended), 0), coalesce(sum(e.ended), 0),
         coalesce(sum(e.debt - e.amount) FILTER (WHERE e.kind <> 'expire'), 0)
  FROM credit_entries e WHERE e.user_id = p_user AND e.reference = p_origin AND e.kind IN ('expire', 'clawback', 'restore')
$$;

-- Takes back what a grant gave: what is left of its lots first, frozen or not; then what ended by itself counts as given back already; what was spent
-- (or is held) is owed.
CREATE FUNCTION credit_claw_back(p_user text, p_origin text, p_amount bigint, p_source text, p_reason text)
RETURNS TABLE (entry_id bigint, balance_after bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE plan record; gone bigint;
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  PERFORM credit_lapse(p_user);
  SELECT * INTO plan FROM credit_plan(p_user, p_amount, p_origin);
  SELECT least(p_amount - plan.total, uncounted) INTO gone FROM credit_taken_back(p_user, p_origin);
  RETURN QUERY INSERT INTO credit_entries AS e (user_id, kind, amount, debt, ended, lots, parts, source, reason, reference)
    VALUES (p_user, 'clawback', -plan.total, p_amount - plan.total - gone, gone, plan.lots, plan.parts, p_source, p_reason, p_origin)
    RETURNING e.id, e.balance_after;
END $$;

-- Gives back what was clawed back for nothing (a failed refund): it settles what is owed, and the rest is a new lot on the old one's terms, or on
-- those of a purchase when the grant itself has not come yet. Never more than was taken: what had ended stays ended.
CREATE FUNCTION credit_restore(p_user text, p_origin text, p_amount bigint, p_source text, p_reason text)
RETURNS TABLE (entry_id bigint, balance_after bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE due bigint; owed bigint; gone bigint; lot bigint[] := '{}'; part bigint[] := '{}';
BEGIN
  SELECT debt INTO owed FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  SELECT least(ended, greatest(p_amount - taken, 0)) INTO gone FROM credit_taken_back(p_user, p_origin);
  due := p_amount - gone;
  owed := least(coalesce(owed, 0), due);
  IF due > owed THEN
    INSERT INTO credit_lots (source, origin, user_id, amount, priority, expires_at, frozen)
      SELECT p_source, p_origin, p_user, due - owed, coalesce(l.priority, 100), l.expires_at, coalesce(l.frozen, false)
      FROM (SELECT) one LEFT JOIN credit_lots l ON l.origin = p_origin AND l.user_id = p_user
      ORDER BY l.id LIMIT 1 RETURNING ARRAY[id], ARRAY[amount] INTO lot, part;
  END IF;
  RETURN QUERY INSERT INTO credit_entries AS e (user_id, kind, amount, debt, ended, lots, parts, source, reason, reference)
    VALUES (p_user, 'restore', due - owed, -owed, -gone, lot, part, p_source, p_reason, p_origin) RETURNING e.id, e.balance_after;
END $$;

-- A dispute freezes what is left of a grant, and releases it when it is won.
CREATE FUNCTION credit_freeze(p_user text, p_origin text, p_frozen boolean)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  UPDATE credit_lots SET frozen = p_frozen WHERE origin = p_origin AND user_id = p_user AND frozen <> p_frozen;
  IF FOUND AND NOT p_frozen THEN PERFORM credit_repay(p_user); END IF;
END $$;

GRANT SELECT, INSERT, UPDATE ON credit_refunds, credit_disputes TO billing_app;
REVOKE EXECUTE ON FUNCTION credit_taken_back, credit_claw_back, credit_restore, credit_freeze FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credit_claw_back, credit_restore, credit_freeze TO billing_app;
