import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { Client } from 'pg';
import {
  type EnvironmentId,
  isoTime,
  limitsWith,
  newId,
  openSecretText,
  Secret,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { type ClientAnswer, type ClientCall, withClient } from '#test/client';
import { GENEROUS } from '#test/generous';
import {
  allMigrations,
  createGateway,
  migrate,
  removeEmbedded,
  scopesOf,
  startEmbedded,
} from '../src/main.ts';
import { type Application, startApplication } from './history-application.harness.ts';
import { fillHistory } from './history-fill.harness.ts';
import { askLists, deliverSome, receiveSome } from './history-work.harness.ts';
import { watchStatements } from './statement-times.harness.ts';

/** Medians of one kind of request. */
export interface Times {
  readonly requestMs: number;
  readonly statementMs: number;
}

export interface Series {
  readonly what: string;
  readonly small: Times;
  readonly large: Times;
}

export interface Measured {
  readonly series: readonly Series[];
  readonly bytes: number;
  readonly fillMs: number;
  /** Per webhook, small and large. */
  readonly walBytes: readonly [number, number];
}

/** A gateway with a database of its own. */
export interface Side {
  readonly environment: EnvironmentId;
  readonly url: Secret;
  readonly call: (call: ClientCall) => Promise<ClientAnswer>;
  readonly adminKey: string;
  readonly endpoints: readonly { readonly id: string; readonly path: string }[];
  readonly destinations: readonly [string, string];
  readonly application: Application;
}

export const WEBHOOK_SECRET = 'a-secret-of-the-measurement';
const SIDES = ['small', 'large'] as const;
/** A server as one would give to so many events, on a machine of 4 GB and more. */
const SETTINGS = Object.freeze({ shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '15min' });

interface Cleanup {
  after(hook: () => Promise<void>): unknown;
}

/** Fills two databases, and asks both in turns. */
export async function measureHistory(given: {
  events: number;
  small: number;
  rounds: number;
}): Promise<Measured> {
  const hooks: (() => Promise<void>)[] = [];
  try {
    return await measure(given, { after: (hook) => hooks.push(hook) });
  } finally {
    for (const hook of hooks.toReversed()) await hook();
  }
}

async function measure(
  { events, small, rounds }: { events: number; small: number; rounds: number },
  cleanup: Cleanup,
): Promise<Measured> {
  const tell = (text: string): void => void process.stderr.write(`${isoTime(systemClock.now())} ${text}\n`);
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-history-'));
  cleanup.after(() => rm(directory, { recursive: true, force: true }));
  const postgres = join(directory, 'postgres');
  const start = () => startEmbedded({ directory: postgres, log: silentLog, settings: SETTINGS });
  let server = await start();
  cleanup.after(() => removeEmbedded({ directory: postgres, log: silentLog }));
  cleanup.after(() => server.stop());
  const authority = await createAuthority();
  const tls = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });
  const times = watchStatements();
  const sides: Side[] = [];
  let fillMs = 0;
  for (const name of SIDES) {
    const url = await database(server.url, name);
    const side = await openSide({ cleanup, directory: join(directory, name), url, tls, ca: authority.cert });
    sides.push(side);
    const begunMs = performance.now();
    const endpoints = side.endpoints.map(({ id }) => id);
    const { environment, destinations } = side;
    await fillHistory(
      { url, environment, endpoints, destinations, events: name === 'small' ? small : events },
      tell,
    );
    fillMs = performance.now() - begunMs;
    tell(`${name}: filled in ${Math.round(fillMs / 1_000)} s`);
  }

  // Nothing of the filling is left in buffers, and its checkpoint is over: from here on a page that is touched for the first
  // time costs what it costs in the long run. The gateways come back by themselves.
  await server.stop();
  server = await start();
  for (const { call } of sides) while ((await call({ path: '/readyz' })).status !== 200) await delay(100);
  tell('the server was restarted');

  const found = new Map<string, { requestMs: number[][]; statementMs: number[][] }>();
  const wal = [0, 0];
  let received = 0;
  // The first round warms up and is left out.
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    for (const at of order) {
      const side = sides[at];
      if (side === undefined) continue;
      const note = (what: string, requestMs: number): void => {
        const statementMs = times.slowest();
        if (round === 0) return;
        const entry = found.get(what) ?? { requestMs: [[], []], statementMs: [[], []] };
        entry.requestMs[at]?.push(requestMs);
        entry.statementMs[at]?.push(statementMs);
        found.set(what, entry);
      };
      times.reset();
      const walBefore = await walBytes(side.url);
      received = await receiveSome(side, `${round}`, note);
      wal[at] = (wal[at] ?? 0) + (round === 0 ? 0 : (await walBytes(side.url)) - walBefore);
      times.reset();
      await deliverSome(side, received, note);
      await askLists(side, times.reset, note);
    }
    tell(`round ${round} of ${rounds}`);
  }
  const series = [...found].map(([what, { requestMs, statementMs }]) => {
    const timesOf = (at: number): Times => ({
      requestMs: median(requestMs[at] ?? []),
      statementMs: median(statementMs[at] ?? []),
    });
    return { what, small: timesOf(0), large: timesOf(1) };
  });
  const bytes = await bytesOf(sides[1]?.url ?? server.url);
  const perWebhook = (at: number): number => (wal[at] ?? 0) / (rounds * received);
  return { series, bytes, fillMs, walBytes: [perWebhook(0), perWebhook(1)] };
}

async function openSide(given: {
  cleanup: Cleanup;
  directory: string;
  url: Secret;
  tls: { key: string; cert: string };
  ca: string;
}): Promise<Side> {
  const { cleanup, directory, url, tls, ca } = given;
  const application = await startApplication(tls);
  cleanup.after(() => application.close());
  const gateway = await createGateway({
    databaseUrl: url,
    rootKeyFile: `${directory}.key`,
    createRootKey: true,
    listen: { host: '127.0.0.1', port: 0 },
    tls,
    outbound: { ca, declaredHosts: ['127.0.0.1'] },
    checkpointDirectory: `${directory}.checkpoints`,
    limits: limitsWith({ ...GENEROUS, statementTimeoutMs: 120_000 }),
    clock: systemClock,
    log: silentLog,
  });
  cleanup.after(() => gateway.stop());
  const { port } = await gateway.start();
  const { environments, access } = gateway.rooms;
  const { id: organization } = await environments.createOrganization({ name: 'history' }, SYSTEM);
  const place = { organization, name: 'history', kind: 'development', region: 'local' } as const;
  const { id: environment } = await environments.create(place, SYSTEM);
  const admin = { environment, kind: 'admin', name: 'history', scopes: scopesOf('admin') } as const;
  const adminKey = openSecretText((await access.keys.create(admin, SYSTEM)).secret);
  const call = withClient(cleanup, { url: `https://127.0.0.1:${port}`, ca });
  const post = async (
    path: string,
    body: object,
  ): Promise<{ id: string; path: string; destination?: { id: string } }> => {
    const answer = await call({ method: 'POST', path, key: adminKey, body });
    if (answer.status !== 201) throw new Error(`${path} was answered ${answer.status}: ${answer.text}`);
    return answer.json<{ id: string; path: string; destination?: { id: string } }>();
  };
  const endpoints: { id: string; path: string }[] = [];
  for (const name of ['one', 'two', 'three', 'four', 'oldest'])
    endpoints.push(await post('/admin/v1/endpoints', { platform: 'koywe', name, secret: WEBHOOK_SECRET }));
  const first = await post('/admin/v1/destinations', { name: 'application', url: application.url });
  const side = { environment, url, call, adminKey, endpoints, application } as const;
  // Of the second only old deliveries are left.
  return { ...side, destinations: [first.destination?.id ?? first.id, newId('destination', systemClock)] };
}

async function database(base: Secret, name: string): Promise<Secret> {
  const client = new Client(openSecretText(base));
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(openSecretText(base));
  url.pathname = `/${name}`;
  const made = Secret.fromText(url.href);
  await migrate({ url: made, migrations: allMigrations, log: silentLog });
  return made;
}

async function asked(url: Secret, text: string): Promise<number> {
  const client = new Client(openSecretText(url));
  await client.connect();
  try {
    const { rows } = await client.query<{ value: number }>(text);
    return Number(rows[0]?.value ?? 0);
  } finally {
    await client.end();
  }
}

const walBytes = (url: Secret): Promise<number> =>
  asked(url, `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as value`);
const bytesOf = (url: Secret): Promise<number> =>
  asked(url, 'select pg_database_size(current_database()) as value');

export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
