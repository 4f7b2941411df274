-- The ledger. Everything happens in functions, one user's account at a time: the application may call them and read, and write nothing itself. This script
-- has the tables, how an entry is posted, and grants; 0003 has reservations, 0004 spending and expiry, 0006 the clawback of what was refunded.

-- What a user has and owes: the sums of their entries. The row is the lock of all that is the user's.
CREATE TABLE credit_accounts (
  user_id    text PRIMARY KEY,
  balance    bigint NOT NULL CHECK (balance >= 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  debt       bigint NOT NULL DEFAULT 0 CHECK (debt >= 0)      -- what was taken back after it had been spent
);

-- What was granted, and what is left of it.
CREATE TABLE credit_lots (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    text NOT NULL,
  source     text NOT NULL UNIQUE,                   -- session:cs_…, invoice:in_…: the thing that can be granted once
  amount     bigint NOT NULL CHECK (amount > 0),
  remaining  bigint NOT NULL DEFAULT 0 CHECK (remaining BETWEEN 0 AND amount),
  priority   int NOT NULL,                           -- lower burns first
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  origin     text NOT NULL,                          -- the source of the grant that it stems from: what a refund takes back
  held       bigint NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND remaining), -- by reservations; still in remaining
  frozen     boolean NOT NULL DEFAULT false,         -- by a dispute: neither burns nor expires
  spent      boolean NOT NULL GENERATED ALWAYS AS (remaining = 0) STORED
);
CREATE INDEX credit_lots_by_origin ON credit_lots (origin);
-- By spent and not by remaining: a lot that burns a little stays where it is in the index, so its row is updated in place.
CREATE INDEX credit_lots_by_burn_order ON credit_lots (user_id, priority, expires_at NULLS LAST, id) WHERE NOT spent;
CREATE INDEX credit_lots_by_expiry ON credit_lots (expires_at) WHERE NOT spent AND expires_at IS NOT NULL;

-- The entries: one per operation. An entry says from which lots it took and how much of each.
CREATE TABLE credit_entries (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id       text NOT NULL,
  kind          text NOT NULL,
  amount        bigint NOT NULL,
  balance_after bigint NOT NULL,
  source        text NOT NULL UNIQUE,
  created_at    timestamptz NOT NULL DEFAULT now(),
  lots          bigint[] NOT NULL,
  parts         bigint[] NOT NULL,                   -- of each of these lots; together they are the amount
  debt          bigint NOT NULL DEFAULT 0,           -- what is owed more (or less) after it
  debt_after    bigint NOT NULL,
  ended         bigint NOT NULL DEFAULT 0,           -- of what is taken back: what had ended by itself, so it is neither taken nor owed
  reason        text,
  reference     text,                                -- the caller's; of an end, a clawback and a restore the origin
  CONSTRAINT credit_entries_kind_check CHECK (CASE kind
    WHEN 'grant'    THEN amount > 0 AND debt = 0
    WHEN 'consume'  THEN amount < 0 AND debt = 0
    WHEN 'adjust'   THEN amount < 0 AND debt = 0     -- an adjustment upwards is a grant
    WHEN 'expire'   THEN amount < 0 AND debt = 0
    WHEN 'clawback' THEN amount <= 0 AND debt >= 0 AND ended >= 0 AND debt - amount + ended > 0
    WHEN 'repay'    THEN amount < 0 AND debt = amount
    WHEN 'restore'  THEN amount >= 0 AND debt <= 0 AND ended <= 0 AND amount - debt - ended > 0
    ELSE false END),
  CHECK (ended = 0 OR kind IN ('clawback', 'restore'))
);
CREATE INDEX credit_entries_by_origin ON credit_entries (reference) WHERE kind IN ('expire', 'clawback', 'restore');
-- NULLS LAST only tells this order from the primary key's: PostgreSQL would else read a page from there, past the entries of all other users, when a user
-- has many.
CREATE INDEX credit_entries_by_user ON credit_entries (user_id, id DESC NULLS LAST);

-- Posting: the account first, since its row is the lock of all that is the user's; then the lots. It runs as the role that inserts: that is the owner, in
-- one of the functions below. BEFORE, because the row itself carries the running balance. Entries are inserted without ON CONFLICT: a row that is skipped
-- would have been posted.
CREATE FUNCTION credit_entries_post() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER credit_entries_post BEFORE INSERT ON credit_entries FOR EACH ROW EXECUTE FUNCTION credit_entries_post();

-- Entries stay as they are, and lots live by their entries: the owner cannot take them away either.
CREATE TRIGGER credit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credit_lots_stay BEFORE DELETE OR TRUNCATE ON credit_lots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

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

-- All that is free repays what is owed, so a user who owes has nothing to spend: grants and refunds end the same in any order.
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

GRANT SELECT ON credit_accounts, credit_lots, credit_entries TO billing_app;
REVOKE EXECUTE ON FUNCTION credit_plan, credit_repay, credit_grant FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credit_grant TO billing_app;
