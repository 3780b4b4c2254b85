// Rival of deliveries: the least loop that keeps what it did. It reads what is due, signs it, sends it with undici, and
// inserts one row for each attempt. No leases, no retries, no limits, nothing sealed.
import { createHmac } from 'node:crypto';
import pg from 'pg';
import { Pool } from 'undici';
import { answerParent } from '../child.ts';

/** Where to and on which Postgres; once, before the first {@link Drain}. */
export interface BareDeliverySettings {
  readonly ca: string;
  readonly receiver: string;
  readonly databaseUrl: string;
}

/** Deliver so many: `cpuMicroseconds` is this process's processor time for each. */
export interface Drain {
  readonly deliveries: number;
}
export interface Drained {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

const CONCURRENCY = 64;
const PAGE = 128;
const TABLES = `create table outbox (id bigint generated always as identity primary key, body bytea not null);
  create table attempts (id bigint not null, at timestamptz not null default now(), status integer not null)`;
const SECRET = 'whsec-of-the-bench-0123456789abcdef';

interface Running {
  readonly database: pg.Pool;
  readonly receiver: Pool;
}
let running: Running | null = null;

answerParent(async (question: BareDeliverySettings | Drain): Promise<Drained | null> => {
  if ('deliveries' in question) {
    if (running === null) throw new Error('not started');
    return drain(running, question.deliveries);
  }
  running = await start(question);
  return null;
});

async function start({ ca, receiver, databaseUrl }: BareDeliverySettings): Promise<Running> {
  const address = new URL(databaseUrl);
  const owner = new pg.Client(address.href);
  await owner.connect();
  await owner.query('create database bare_delivery');
  await owner.end();
  address.pathname = '/bare_delivery';
  const database = new pg.Pool({ connectionString: address.href });
  await database.query(TABLES);
  return { database, receiver: new Pool(receiver, { connections: CONCURRENCY, connect: { ca } }) };
}

async function drain({ database, receiver }: Running, deliveries: number): Promise<Drained> {
  const { rows } = await database.query<{ last: string | null }>('select max(id) as last from outbox');
  let after = Number(rows[0]?.last ?? 0);
  const body = Buffer.alloc(1_024, 'x');
  await database.query('insert into outbox (body) select $2 from generate_series(1, $1)', [deliveries, body]);
  const due: { id: string; body: Buffer }[] = [];
  let reading: Promise<void> | null = null;
  const read = async (): Promise<void> => {
    const text = 'select id, body from outbox where id > $1 order by id limit $2';
    const page = await database.query<{ id: string; body: Buffer }>({
      name: 'page',
      text,
      values: [after, PAGE],
    });
    after = Number(page.rows.at(-1)?.id ?? after);
    due.push(...page.rows);
    reading = null;
  };
  const work = async (): Promise<void> => {
    for (;;) {
      if (due.length === 0) await (reading ??= read());
      const next = due.shift();
      if (next === undefined) return;
      const timestamp = Math.floor(Date.now() / 1_000);
      const mac = createHmac('sha256', SECRET).update(`msg_${next.id}.${timestamp}.`).update(next.body);
      const answer = await receiver.request({
        path: '/webhooks',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': `msg_${next.id}`,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': `v1,${mac.digest('base64')}`,
        },
        body: next.body,
      });
      await answer.body.dump();
      await database.query({
        name: 'attempt',
        text: 'insert into attempts (id, status) values ($1, $2)',
        values: [next.id, answer.statusCode],
      });
    }
  };
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: deliveries / seconds, cpuMicroseconds: (user + system) / deliveries };
}
