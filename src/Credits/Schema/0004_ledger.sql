-- The ledger in full. One entry per operation says from which lots it took and how much of each; what was taken back after it was spent is a debt.
-- Everything happens in the functions below, one user's account at a time: the application may call them and read, and write nothing itself.
ALTER TABLE credit_accounts ADD COLUMN debt bigint NOT NULL DEFAULT 0 CHECK (debt >= 0);

ALTER TABLE credit_lots
  ADD COLUMN origin text,                              -- the source of the grant that it stems from: what a refund takes back
  ADD COLUMN held   bigint NOT NULL DEFAULT 0,         -- by reservations; still in remaining
  ADD COLUMN frozen boolean NOT NULL DEFAULT false,    -- by a dispute: neither burns nor expires
  ADD COLUMN spent  boolean NOT NULL GENERATED ALWAYS AS (remaining = 0) STORED,
  ADD CHECK (held BETWEEN 0 AND remaining);
UPDATE credit_lots SET origin = source;
ALTER TABLE credit_lots ALTER COLUMN origin SET NOT NULL;
CREATE INDEX credit_lots_by_origin ON credit_lots (origin);
-- By spent and not by remaining: a lot that burns a little stays where it is in the index, so its row is updated in place.
DROP INDEX credit_lots_by_burn_order;
CREATE INDEX credit_lots_by_burn_order ON credit_lots (user_id, priority, expires_at NULLS LAST, id) WHERE NOT spent;
CREATE INDEX credit_lots_by_expiry ON credit_lots (expires_at) WHERE NOT spent AND expires_at IS NOT NULL;

ALTER TABLE credit_entries DISABLE TRIGGER credit_entries_append_only;
ALTER TABLE credit_entries
  ADD COLUMN lots       bigint[],
  ADD COLUMN parts      bigint[],                      -- of each of these lots; together they are the amount
  ADD COLUMN debt       bigint NOT NULL DEFAULT 0,     -- what is owed more (or less) after it
  ADD COLUMN debt_after bigint NOT NULL DEFAULT 0,
  ADD COLUMN ended      bigint NOT NULL DEFAULT 0,     -- of what is taken back: what had ended by itself, so it is neither taken nor owed
  ADD COLUMN reason     text,
  ADD COLUMN reference  text;                          -- the caller's; of an end, a clawback and a restore the origin
UPDATE credit_entries SET lots = ARRAY[lot_id], parts = ARRAY[amount];
ALTER TABLE credit_entries
  DROP COLUMN lot_id,
  ALTER COLUMN lots SET NOT NULL,
  ALTER COLUMN parts SET NOT NULL,
  ALTER COLUMN debt_after DROP DEFAULT,
  DROP CONSTRAINT credit_entries_kind_check,
  DROP CONSTRAINT credit_entries_amount_check,
  ADD CONSTRAINT credit_entries_kind_check CHECK (CASE kind
    WHEN 'grant'    THEN amount > 0 AND debt = 0
    WHEN 'consume'  THEN amount < 0 AND debt = 0
    WHEN 'adjust'   THEN amount < 0 AND debt = 0       -- an adjustment upwards is a grant
    WHEN 'expire'   THEN amount < 0 AND debt = 0
    WHEN 'clawback' THEN amount <= 0 AND debt >= 0 AND ended >= 0 AND debt - amount + ended > 0
    WHEN 'repay'    THEN amount < 0 AND debt = amount
    WHEN 'restore'  THEN amount >= 0 AND debt <= 0 AND ended <= 0 AND amount - debt - ended > 0
    ELSE false END),
  ADD CHECK (ended = 0 OR kind IN ('clawback', 'restore'));
CREATE INDEX credit_entries_by_origin ON credit_entries (reference) WHERE kind IN ('expire', 'clawback', 'restore');
ALTER TABLE credit_entries ENABLE TRIGGER credit_entries_append_only;
-- NULLS LAST means nothing here but that it is not the order of the primary key: pages of who has many entries were read from there, past everybody else's.
DROP INDEX credit_entries_by_user;
CREATE INDEX credit_entries_by_user ON credit_entries (user_id, id DESC NULLS LAST);

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

-- Posting: the account first, since its row is the lock of all that is the user's; then the lots.
-- As whoever inserts: that is the owner, in one of the functions below.
CREATE OR REPLACE FUNCTION credit_entries_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched int; total bigint;
BEGIN
  UPDATE credit_accounts SET balance = balance + NEW.amount, debt = debt + NEW.debt, updated_at = now() WHERE user_id = NEW.user_id
    RETURNING balance, debt INTO NEW.balance_after, NEW.debt_after;
  IF NOT FOUND THEN
    INSERT INTO credit_accounts AS a (user_id, balance, debt) VALUES (NEW.user_id, NEW.amount, NEW.debt)
      ON CONFLICT (user_id) DO UPDATE SET balance = a.balance + excluded.balance, debt = a.debt + excluded.debt, updated_at = now()
      RETURNING balance, debt INTO NEW.balance_after, NEW.debt_after;
  END IF;
  IF cardinality(NEW.lots) = 1 AND cardinality(NEW.parts) = 1 THEN -- as nearly all are: without the join a third of the whole taking is saved
    UPDATE credit_lots SET remaining = remaining + NEW.parts[1] WHERE id = NEW.lots[1] AND user_id = NEW.user_id;
    GET DIAGNOSTICS touched = ROW_COUNT;
    total := NEW.parts[1];
  ELSE
    UPDATE credit_lots l SET remaining = l.remaining + p.part FROM unnest(NEW.lots, NEW.parts) AS p (lot, part) WHERE l.id = p.lot AND l.user_id = NEW.user_id;
    GET DIAGNOSTICS touched = ROW_COUNT;
    total := (SELECT coalesce(sum(part), 0) FROM unnest(NEW.parts) AS p (part));
  END IF;
  IF touched <> cardinality(NEW.lots) OR total <> NEW.amount THEN
    RAISE EXCEPTION 'the parts of entry % are not its amount, or not lots of user %', NEW.source, NEW.user_id USING ERRCODE = 'check_violation';
  END IF;
  NEW.id := nextval('credit_entries_id_seq'); -- drawn after the wait for the account: numbers are in the order of posting
  NEW.source := coalesce(NEW.source, NEW.kind || ':' || NEW.id);
  RETURN NEW;
END $$;

-- What p_amount is taken from: lower priority first, then the earliest end, then the oldest; of one origin when the taking is meant for it,
-- frozen and ended lots too. Less than p_amount when there is no more. The caller holds the account.
CREATE FUNCTION credit_plan(p_user text, p_amount bigint, p_origin text, OUT lots bigint[], OUT parts bigint[], OUT total bigint)
LANGUAGE plpgsql AS $$
DECLARE lot record;
BEGIN
  lots := '{}'; parts := '{}'; total := 0;
  FOR lot IN
    SELECT id, remaining - held AS free FROM credit_lots
    WHERE user_id = p_user AND NOT spent AND remaining > held
      AND CASE WHEN p_origin IS NULL THEN NOT frozen AND (expires_at IS NULL OR expires_at > now()) ELSE origin = p_origin END
    ORDER BY priority, expires_at NULLS LAST, id
  LOOP
    EXIT WHEN total = p_amount;
    lots := lots || lot.id;
    parts := parts || -least(lot.free, p_amount - total);
    total := total + least(lot.free, p_amount - total);
  END LOOP;
END $$;

-- Whatever is free repays what is owed, so who owes has nothing to spend: grants and refunds end the same in any order.
CREATE FUNCTION credit_repay(p_user text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE owed bigint; plan record;
BEGIN
  SELECT debt INTO owed FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  IF coalesce(owed, 0) = 0 THEN RETURN; END IF;
  SELECT * INTO plan FROM credit_plan(p_user, owed, NULL);
  IF plan.total = 0 THEN RETURN; END IF;
  INSERT INTO credit_entries (user_id, kind, amount, debt, lots, parts) VALUES (p_user, 'repay', -plan.total, -plan.total, plan.lots, plan.parts);
END $$;

CREATE FUNCTION credit_entries_repay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM credit_repay(NEW.user_id);
  RETURN NULL;
END $$;
CREATE TRIGGER credit_entries_repay AFTER INSERT ON credit_entries FOR EACH ROW
  WHEN (NEW.debt_after > 0 AND NEW.kind <> 'repay') EXECUTE FUNCTION credit_entries_repay();

-- Grants what was not granted before: sources and then users in one order, so that two writers meet at one of them and not across two. What a set
-- names twice is granted as it is named first.
CREATE FUNCTION credit_grant(p_sources text[], p_users text[], p_amounts bigint[], p_priorities int[], p_ends timestamptz[], p_reasons text[])
RETURNS TABLE (source text, entry_id bigint, balance_after bigint) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH granted AS (
    SELECT DISTINCT ON (g.source) * FROM unnest(p_sources, p_users, p_amounts, p_priorities, p_ends, p_reasons) WITH ORDINALITY
      AS g (source, user_id, amount, priority, ends, reason, place)
    ORDER BY g.source, g.place),
  lots AS (
    INSERT INTO credit_lots (source, origin, user_id, amount, priority, expires_at)
    SELECT g.source, g.source, g.user_id, g.amount, g.priority, g.ends FROM granted g ORDER BY g.source
    ON CONFLICT (source) DO NOTHING
    RETURNING id, user_id, amount, source)
  INSERT INTO credit_entries (user_id, kind, amount, lots, parts, source, reason)
  SELECT l.user_id, 'grant', l.amount, ARRAY[l.id], ARRAY[l.amount], l.source, g.reason
  FROM lots l JOIN granted g ON g.source = l.source ORDER BY l.user_id, l.id
  RETURNING source, id, balance_after
$$;

-- Ends reservations whose time is over. Asked before every taking, so that a hold never outlives its word; the sweep asks for everybody else.
CREATE FUNCTION credit_lapse(p_user text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE lapsed credit_reservations;
BEGIN
  FOR lapsed IN SELECT * FROM credit_reservations WHERE user_id = p_user AND state = 'held' AND expires_at <= now() FOR UPDATE LOOP
    UPDATE credit_lots l SET held = l.held + p.part FROM unnest(lapsed.lots, lapsed.parts) AS p (lot, part) WHERE l.id = p.lot;
    UPDATE credit_reservations SET state = 'expired', settled_at = now() WHERE id = lapsed.id;
  END LOOP;
  IF FOUND THEN PERFORM credit_repay(p_user); END IF;
END $$;

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

-- Ends a reservation: takes p_amount of it (0 = release) and lets go of the rest. Answers it as it is then; one that had ended before stays as it was.
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

-- How a grant stands with its money back: what ended of it by itself and no refund has counted yet, what refunds counted of that, and what else they
-- took back (and did not restore).
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

-- A dispute freezes what is left of a grant, and lets go of it when it is won.
CREATE FUNCTION credit_freeze(p_user text, p_origin text, p_frozen boolean)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM credit_accounts WHERE user_id = p_user FOR UPDATE;
  UPDATE credit_lots SET frozen = p_frozen WHERE origin = p_origin AND user_id = p_user AND frozen <> p_frozen;
  IF FOUND AND NOT p_frozen THEN PERFORM credit_repay(p_user); END IF;
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

-- Lots live by their entries: the owner cannot take them away either.
CREATE TRIGGER credit_lots_stay BEFORE DELETE OR TRUNCATE ON credit_lots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE INSERT ON credit_lots, credit_entries FROM billing_app;
GRANT SELECT ON credit_reservations TO billing_app;
REVOKE EXECUTE ON FUNCTION credit_plan, credit_repay, credit_lapse, credit_grant, credit_take, credit_hold, credit_settle, credit_taken_back,
  credit_claw_back, credit_restore, credit_freeze, credit_expire FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credit_grant, credit_take, credit_hold, credit_settle, credit_claw_back, credit_restore, credit_freeze, credit_expire TO billing_app;
