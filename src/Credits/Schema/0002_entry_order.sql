-- A user's entries are numbered in the order in which they were posted: the number that the column drew is from before the wait for the account,
-- and with grants of one user at once the running balance jumped when read by number.
CREATE OR REPLACE FUNCTION credit_entries_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE credit_lots SET remaining = remaining + NEW.amount WHERE id = NEW.lot_id AND user_id = NEW.user_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lot % is not of user %', NEW.lot_id, NEW.user_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  INSERT INTO credit_accounts AS a (user_id, balance) VALUES (NEW.user_id, NEW.amount)
    ON CONFLICT (user_id) DO UPDATE SET balance = a.balance + excluded.balance, updated_at = now()
    RETURNING balance INTO NEW.balance_after;
  NEW.id := nextval('credit_entries_id_seq');
  RETURN NEW;
END $$;
