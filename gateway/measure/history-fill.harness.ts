import { Client } from 'pg';
import { type EnvironmentId, openSecretText, type Secret } from '#base';

/** Whose events they are, and how many. */
export interface Filling {
  readonly url: Secret;
  readonly environment: EnvironmentId;
  /** The last one has the oldest events alone. */
  readonly endpoints: readonly string[];
  /** The first has a delivery of each event, the second of the oldest alone. */
  readonly destinations: readonly [string, string];
  readonly events: number;
}

const BATCH = 50_000;
/** Of the oldest events: of a type, an endpoint and a destination of their own, and their deliveries dead. */
export const OLDEST = 20;
/** So many days of history: in the month before this one and in this one, as events would be. */
const DAYS = 28;
const DAY_MS = 86_400_000;

/** The first ten characters of an id, which are its time; sixteen hexadecimal ones follow. */
const bodyOf = (ms: string): string =>
  Array.from(
    { length: 10 },
    (_, at) => `substr('0123456789abcdefghjkmnpqrstvwxyz', ((${ms} >> ${5 * (9 - at)}) & 31)::int + 1, 1)`,
  ).join(' || ');

const FILL = `
  with numbers as materialized (
    select n, ($1::bigint + n * $2::float8)::bigint as ms, md5(n || ':' || $3) as rest from generate_series($4::int, $5::int) n
  ), made as materialized (
    select n, ms, ${bodyOf('ms')} || substr(rest, 1, 16) as body, rest,
      case when n < ${OLDEST} then $7::text else ($6::text[])[1 + n % 4] end as endpoint,
      case when n < ${OLDEST} then 'oldest.type' else 'order.type_' || floor(40 * power(random(), 3)) end as type
    from numbers
  ), keys as (
    insert into sallyport.event_keys (environment_id, endpoint_id, key, event_id)
    select $3, endpoint, sha256(convert_to(body, 'UTF8')), 'evt_' || body from made
  ), stored as (
    insert into sallyport.events (environment_id, id, endpoint_id, platform, type, platform_event, received_at, bytes, digest, content_type, sealed_body)
    select $3, 'evt_' || body, endpoint, 'koywe', type, 'whk_' || n, to_timestamp(ms / 1000.0), 300, sha256(convert_to(body, 'UTF8')),
      'application/json', decode(repeat(rest, 25), 'hex')
    from made
  ), sent as (
    insert into sallyport.deliveries (environment_id, id, event_id, destination_id, state, attempts, last_status, created_at, changed_at)
    select $3, 'dlv_' || body, 'evt_' || body, case when n < ${OLDEST} then $9 else $8 end, case when n < ${OLDEST} then 'dead' else 'delivered' end,
      1, 200, to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0)
    from made
  )
  insert into sallyport.attempts (environment_id, id, delivery_id, number, started_at, duration_ms, status, address)
  select $3, 'att_' || body, 'dlv_' || body, 1, to_timestamp(ms / 1000.0), 20, 200, '192.0.2.1' from made`;

/** Writes history as rows, since receiving ten million webhooks would take hours. Delivered all but the oldest. */
export async function fillHistory(filling: Filling, tell: (text: string) => void): Promise<void> {
  const { url, environment, endpoints, destinations, events } = filling;
  const client = new Client(openSecretText(url));
  await client.connect();
  try {
    const toMs = Date.now() - 60_000;
    const spanMs = DAYS * DAY_MS;
    for (let from = 0; from < events; from += BATCH) {
      const to = Math.min(from + BATCH, events) - 1;
      await client.query('begin');
      await client.query(
        `set local role sallyport_runtime; set local sallyport.environment = '${environment}'; set local statement_timeout = 0`,
      );
      await client.query(FILL, [
        toMs - spanMs,
        spanMs / events,
        environment,
        from,
        to,
        endpoints.slice(0, 4),
        endpoints[4],
        destinations[0],
        destinations[1],
      ]);
      await client.query('commit');
      if ((to + 1) % (BATCH * 20) === 0) tell(`${to + 1} events are there`);
    }
    // As autovacuum does it in the course of time.
    for (const table of ['events', 'event_keys', 'deliveries', 'attempts'])
      await client.query(`vacuum (analyze, parallel 0) sallyport.${table}`);
  } finally {
    await client.end();
  }
}
