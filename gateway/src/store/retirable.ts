import { SCHEMA } from './isolation.ts';

const TABLE = /^[a-z][a-z0-9_]{0,47}$/;

/**
 * The SQL of the two functions by which a node, that owns nothing, ends a month of a partitioned table, and can do nothing
 * else with it. By the database's own clock as well as the caller's: a node whose clock runs ahead deletes nothing early.
 *
 * `detach_<table>_month` makes the month unseen, or gives way: nobody may have to wait because a month is dropped. Whoever
 * asks for the lock that it takes stands in a queue, and every later query of the table queues behind. So it looks first
 * whether a transaction has held the table for longer than a moment, and if so doesn't ask; and when it asks, it waits
 * for the time given and no longer. (`detach concurrently` asks for less, but can't be run by a function, so only by the owner.)
 *
 * `drop_<table>_month` frees the disk, of a month that is detached and of no other. It locks nothing that is in use.
 *
 * @example sql: `${retirable('events')}`
 */
export function retirable(table: string): string {
  if (!TABLE.test(table)) throw new TypeError(`table name ${table}`);
  const detach = `detach_${table}_month(label text, kept_days integer, wait_ms integer)`;
  const drop = `drop_${table}_month(label text)`;
  return `
    create function ${detach} returns text
    language plpgsql security definer set search_path = ${SCHEMA}, pg_temp as $$
    declare
      month regclass;
      before text[];
    begin
      if label !~ '^[0-9]{4}(0[1-9]|1[0-2])$' or kept_days < 1 or wait_ms not between 1 and 60000 then
        raise exception 'not a month of ${table}' using errcode = '22023';
      end if;
      if (to_date(label, 'YYYYMM') + interval '1 month' + make_interval(days => kept_days)) at time zone 'UTC' > now() then
        return 'young';
      end if;
      month := to_regclass('${SCHEMA}.${table}_' || label);
      if month is null then
        return 'gone';
      end if;
      if not (select relispartition from pg_class where oid = month) then
        return 'detached';
      end if;
      before := array(select virtualtransaction from pg_locks where relation in (month, '${SCHEMA}.${table}'::regclass) and pid <> pg_backend_pid());
      perform pg_sleep(least(wait_ms, 1000) / 1000.0);
      if exists (select from pg_locks where relation in (month, '${SCHEMA}.${table}'::regclass) and virtualtransaction = any (before)) then
        return 'held';
      end if;
      perform set_config('lock_timeout', wait_ms || 'ms', true);
      execute format('alter table ${SCHEMA}.${table} detach partition ${SCHEMA}.%I', '${table}_' || label);
      return 'detached';
    exception when lock_not_available then
      return 'held';
    end $$;
    revoke all on function ${detach} from public;
    grant execute on function ${detach} to sallyport_system;

    create function ${drop} returns boolean
    language plpgsql security definer set search_path = ${SCHEMA}, pg_temp as $$
    begin
      if label !~ '^[0-9]{6}$' then
        raise exception 'not a month of ${table}' using errcode = '22023';
      end if;
      if not exists (select from pg_class where oid = to_regclass('${SCHEMA}.${table}_' || label) and relkind = 'r' and not relispartition) then
        return false;
      end if;
      execute format('drop table ${SCHEMA}.%I', '${table}_' || label);
      return true;
    end $$;
    revoke all on function ${drop} from public;
    grant execute on function ${drop} to sallyport_system;
  `;
}

/** The text of a statement that lists the months of a table, oldest first, with those that are detached already, and the database's time. */
export function monthsOf(table: string): string {
  if (!TABLE.test(table)) throw new TypeError(`table name ${table}`);
  return `select right(relname, 6) as label, relispartition as attached,
     (extract(epoch from now()) * 1000)::float8 as now_ms from pg_class
   where relnamespace = '${SCHEMA}'::regnamespace and relkind = 'r' and relname ~ '^${table}_[0-9]{6}$' order by relname`;
}
