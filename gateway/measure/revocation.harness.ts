import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { limitsWith, openSecretText, SYSTEM, silentLog, systemClock } from '#base';
import { withBreakableLine } from '#test/breakable-line';
import { withClient } from '#test/client';
import { GENEROUS } from '#test/generous';
import { freePort } from '../crash/setup.harness.ts';
import {
  allMigrations,
  createGateway,
  migrate,
  removeEmbedded,
  type Secret,
  scopesOf,
  startEmbedded,
} from '../src/main.ts';

const BOUND_MS = 1_000;
/** A little later, since a timer may be early. */
const ASKED_AGAIN_MS = BOUND_MS + 10;
/** Whoever is let in for so long after a revocation is let in for good. */
const GIVEN_UP_MS = 3_000;
const FEED = 'sallyport_changes';
/** The cut feed has to be heard again before the next round. */
const MENDED_MS = 400;
/** There is no such connection, which only those who were let in are told. */
const LET_IN = 404;
const REFUSED = 401;
const NOWHERE = `/out/con_${'0'.repeat(26)}/x`;

export interface Measured {
  /** As Markdown. */
  readonly report: string;
  /** Revocations after which somebody was let in for a second or more. */
  readonly late: number;
}

/** Until the last request that was let in was sent; 0 when none was. */
interface Lag {
  readonly fromAnswerMs: number;
  readonly fromSendingMs: number;
}

interface Cleanup {
  after(hook: () => Promise<void>): unknown;
}

/** Measures over two nodes how long a revoked key still lets somebody in, with the change feed heard and with it cut. */
export async function measureRevocation(rounds: number): Promise<Measured> {
  const hooks: (() => Promise<void>)[] = [];
  try {
    return await measure(rounds, { after: (hook) => hooks.push(hook) });
  } finally {
    for (const hook of hooks.toReversed()) await hook();
  }
}

async function measure(rounds: number, cleanup: Cleanup): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-measure-'));
  cleanup.after(() => rm(directory, { recursive: true, force: true }));
  const postgres = join(directory, 'postgres');
  const server = await startEmbedded({ directory: postgres, log: silentLog });
  cleanup.after(() => removeEmbedded({ directory: postgres, log: silentLog }));
  cleanup.after(() => server.stop());
  await migrate({ url: server.url, migrations: allMigrations, log: silentLog });
  const authority = await createAuthority();
  const tls = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });
  const here = await createGateway({
    databaseUrl: server.url,
    rootKeyFile: join(directory, 'root.key'),
    createRootKey: true,
    listen: { host: '127.0.0.1', port: 0 },
    tls,
    outbound: { ca: authority.cert, declaredHosts: [] },
    checkpointDirectory: join(directory, 'checkpoints'),
    limits: limitsWith(GENEROUS),
    clock: systemClock,
    log: silentLog,
  });
  cleanup.after(() => here.stop());
  await here.start();
  const line = await withBreakableLine(cleanup, server.url);
  const there = await startNode({ cleanup, directory, tls, ca: authority.cert, url: line.url });
  const call = withClient(cleanup, { url: there, ca: authority.cert });
  const { environments, access } = here.rooms;
  const { id: organization } = await environments.createOrganization({ name: 'measure' }, SYSTEM);
  const place = { organization, name: 'measure', kind: 'development', region: 'local' } as const;
  const { id: environment } = await environments.create(place, SYSTEM);

  /** How long the key of one revocation lets somebody in there. */
  const round = async (how: { name: string; bearer: boolean; cut: boolean }): Promise<Lag> => {
    const { name, bearer, cut } = how;
    const made = await access.keys.create(
      { environment, kind: 'test', name, scopes: scopesOf('test') },
      SYSTEM,
    );
    const issued = bearer
      ? await access.signIn({ apiKey: made.key.id, secret: made.secret }, { ...SYSTEM, address: '127.0.0.1' })
      : null;
    const key = openSecretText(issued?.token ?? made.secret);
    const ask = async (): Promise<boolean> => {
      const { status } = await call({ path: NOWHERE, key });
      // Whatever else keeps a request out, such as a rate, says nothing of the key.
      if (status !== LET_IN && status !== REFUSED) throw new Error(`answered with ${status}`);
      return status === LET_IN;
    };
    if (!(await ask()) || !(await ask())) throw new Error('the key does not work before it is revoked');
    if (cut) line.cut(FEED);
    const begunMs = performance.now();
    const state: { revokedAtMs: number | null } = { revokedAtMs: null };
    const revoked = access.keys
      .revoke({ environment, key: made.key.id }, SYSTEM)
      .then(() => (state.revokedAtMs = performance.now()));
    let lastMs = Number.NEGATIVE_INFINITY;
    const askOnce = async (): Promise<boolean> => {
      const sentMs = performance.now();
      const isIn = await ask();
      if (isIn) lastMs = sentMs;
      return isIn;
    };
    const isGivenUp = (): boolean =>
      state.revokedAtMs !== null && performance.now() > state.revokedAtMs + GIVEN_UP_MS;
    // A refusal may come before the answer to the revocation: the commit is between them.
    while (((await askOnce()) && !isGivenUp()) || state.revokedAtMs === null);
    const revokedAtMs = await revoked;
    // One refusal is no proof that all later ones are: asked again once the bound is over. Once, since `authFailuresMax` is at
    // its most here, and two refusals a round are 700 of the 1,000 that it lets a run of 200 rounds have.
    const leftMs = Math.max(0, revokedAtMs + ASKED_AGAIN_MS - performance.now());
    await new Promise((resolve) => setTimeout(resolve, leftMs));
    await askOnce();
    if (cut) {
      line.mend();
      await new Promise((resolve) => setTimeout(resolve, MENDED_MS));
    }
    return { fromAnswerMs: Math.max(0, lastMs - revokedAtMs), fromSendingMs: Math.max(0, lastMs - begunMs) };
  };

  const results: { readonly what: string; readonly lags: readonly Lag[] }[] = [];
  for (const { what, bearer, cut, count } of [
    { what: 'key, feed heard', bearer: false, cut: false, count: rounds },
    { what: 'bearer token, feed heard', bearer: true, cut: false, count: rounds / 4 },
    { what: 'key, feed cut', bearer: false, cut: true, count: rounds / 4 },
    { what: 'bearer token, feed cut', bearer: true, cut: true, count: rounds / 4 },
  ]) {
    const lags: Lag[] = [];
    for (let at = 0; at < count; at += 1)
      lags.push(await round({ name: `${what} ${at}`.replaceAll(',', ''), bearer, cut }));
    results.push({ what, lags });
    process.stderr.write(`${what}: ${count} rounds\n`);
  }
  const late = results.reduce((sum, { lags }) => sum + lateOf(lags), 0);
  return { report: report(results, rounds), late };
}

async function startNode(given: {
  cleanup: Cleanup;
  directory: string;
  tls: { key: string; cert: string };
  ca: string;
  url: Secret;
}): Promise<string> {
  const { cleanup, directory, tls, ca, url } = given;
  const port = await freePort();
  const options = join(directory, 'node.json');
  const settings = { directory, port, key: tls.key, cert: tls.cert, ca, declaredHosts: [], limits: GENEROUS };
  await writeFile(options, JSON.stringify({ database: { url: openSecretText(url) }, ...settings }), {
    mode: 0o600,
  });
  const child = fork(new URL('../crash/node.harness.ts', import.meta.url), [options], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  cleanup.after(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  await once(child, 'message');
  return `https://127.0.0.1:${port}`;
}

function lateOf(lags: readonly Lag[]): number {
  return lags.filter(({ fromAnswerMs }) => fromAnswerMs >= BOUND_MS).length;
}

function report(
  results: readonly { readonly what: string; readonly lags: readonly Lag[] }[],
  rounds: number,
): string {
  const rows = results.map(({ what, lags }) => {
    const at = (share: number, of: keyof Lag): string => {
      const sorted = lags.map((lag) => lag[of]).toSorted((one, other) => one - other);
      return `${(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(1)} ms`;
    };
    const answered = [0.5, 0.99, 1].map((share) => at(share, 'fromAnswerMs'));
    return `| ${[what, lags.length, ...answered, at(1, 'fromSendingMs'), lateOf(lags)].join(' | ')} |`;
  });
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return [
    '# Revocation',
    '',
    'Two nodes on one Postgres, each a process of its own. A key is revoked at one of them while the other is asked with it as fast as',
    'it answers. Measured is the time from the answer to the revocation until the last request that was still let in was *sent*. With',
    'the feed cut, the connection over which the other node hears of changes falls silent without being closed, and its other',
    'connections go on.',
    'Each is asked once more a second after the answer; the last column counts those let in then, or after it.',
    '',
    '| | revocations | median | 99 of 100 | longest | longest from its sending | let in after a second |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...rows,
    '',
    'By design nothing is let in that was sent `changesSilentMs` (900 ms) after the revocation.',
    '',
    '```text',
    `node gateway/measure/revocation.ts --rounds ${rounds}`,
    '```',
    '',
    `Commit ${commit}, Node ${process.versions.node}, ${process.platform}/${process.arch}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}).`,
    '',
  ].join('\n');
}
