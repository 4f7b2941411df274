-- The number by which people name an order: 50 random bits in 10 letters and digits, without those that are easily confused (0 O 1 I).
CREATE FUNCTION order_identifier() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + (get_byte(r.bytes, i) & 31), 1), '')
  FROM (SELECT uuid_send(gen_random_uuid()) AS bytes) r, unnest('{0,1,2,3,4,5,9,10,11,12}'::int[]) AS i
$$;

-- Orders: what is sold by checkout sessions that are neither a pack nor a plan, which is done-for-you work and carts. One order per session, from the
-- moment it is paid.
CREATE TABLE orders (
  id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  order_identifier         text NOT NULL UNIQUE DEFAULT order_identifier(),
  kind                     text NOT NULL CHECK (kind IN ('dfy', 'cart')),
  user_id                  text,                             -- null: a guest's
  customer_id              text,                             -- Stripe's
  customer_email           text,                             -- as typed: nobody proved that it is the buyer's
  customer_name            text,
  tier                     text,                             -- PLAN or PLAN_TERM of the session's metadata
  upgraded_from            text,
  cart_id                  text,
  items                    jsonb NOT NULL DEFAULT '[]',
  shipping                 jsonb,
  amount_minor             bigint NOT NULL CHECK (amount_minor >= 0),
  currency                 char(3) NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  stripe_session_id        text NOT NULL UNIQUE,             -- the business key: never the customer, who may buy twice
  -- Null: nothing had to be paid. Deferrable, because two hosts that place the same order at the same moment meet in both unique constraints. One of them
  -- yields by the session (ON CONFLICT); the payment is judged at the end of the statement, else it would be an error before the yielding.
  stripe_payment_intent_id text UNIQUE DEFERRABLE,
  -- The state of the work, and apart from it the state of the money: a refund that fails finds the work where it was.
  work_status              text NOT NULL DEFAULT 'NEW',
  refunded_minor           bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND amount_minor),
  dispute                  text NOT NULL DEFAULT 'none' CHECK (dispute IN ('none', 'won', 'inquiry', 'lost', 'open')),
  status                   text NOT NULL GENERATED ALWAYS AS
    (CASE WHEN amount_minor > 0 AND refunded_minor = amount_minor THEN 'REFUNDED' ELSE work_status END) STORED,
  deadline                 timestamptz,
  revisions_left           int NOT NULL DEFAULT 1 CHECK (revisions_left BETWEEN 0 AND 100),
  files_url                text,
  final_package_url        text,
  checklist_status         text NOT NULL DEFAULT 'PENDING' CHECK (checklist_status IN ('PENDING', 'SUBMITTED', 'COMPLETE')),
  revision                 bigint NOT NULL DEFAULT 1,
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now(),
  CHECK (CASE kind WHEN 'dfy' THEN work_status IN ('NEW', 'IN_PROGRESS', 'REVIEW', 'DELIVERED', 'CLOSED', 'CANCELLED')
                   ELSE cart_id IS NOT NULL AND work_status IN ('NEW', 'PROCESSING', 'SHIPPED', 'DELIVERED', 'CANCELLED') END)
);
-- NULLS LAST only tells these orders from the order by age: PostgreSQL would else read a page of some orders from there, past all others (as for purchases).
CREATE INDEX orders_by_age ON orders (created_at DESC, id DESC);
CREATE INDEX orders_by_status ON orders (status, created_at DESC NULLS LAST, id DESC);
CREATE INDEX orders_by_kind ON orders (kind, created_at DESC NULLS LAST, id DESC);
CREATE INDEX orders_by_user ON orders (user_id, created_at DESC NULLS LAST, id DESC);
CREATE INDEX orders_by_email ON orders (lower(customer_email), created_at DESC NULLS LAST, id DESC);

-- Refunds and disputes of payments, as Stripe said it last, whether or not an order has the payment yet: an order's marks follow from these rows alone.
CREATE TABLE order_money_facts (
  id                text PRIMARY KEY,                        -- re_… or du_…
  payment_intent_id text NOT NULL,
  amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
  currency          char(3) NOT NULL,
  state             text NOT NULL CHECK (state IN ('refund_pending', 'refunded', 'refund_failed', 'inquiry', 'disputed', 'dispute_lost', 'dispute_closed')),
  as_of             timestamptz NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_money_facts_by_payment ON order_money_facts (payment_intent_id);

CREATE FUNCTION orders_revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER orders_revise BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_revise();

-- What was sold stays as it was sold.
GRANT SELECT, INSERT, UPDATE (work_status, refunded_minor, dispute, deadline, revisions_left, files_url, final_package_url, checklist_status, upgraded_from)
  ON orders TO billing_app;
GRANT SELECT, INSERT, UPDATE ON order_money_facts TO billing_app;
