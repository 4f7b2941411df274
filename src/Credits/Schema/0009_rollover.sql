-- What is left of an allowance ends with its period, or is kept.
ALTER TABLE credit_allowances ADD COLUMN rollover boolean NOT NULL DEFAULT false;
