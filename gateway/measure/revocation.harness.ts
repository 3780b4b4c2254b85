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
const FEED = 'sallyport_changes';
/** The cut feed has to be heard again before the next round. */
const MENDED_MS = 400;
const NOWHERE = `/out/con_${'0'.repeat(26)}/x`;

export interface Measured {
  /** As Markdown. */
  readonly report: string;
  /** Revocations after which somebody was let in for a second or more. */
  readonly late: number;
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

  /** Milliseconds from the end of the revocation here until the last request that was let in there was sent. */
  const round = async ({ name, bearer, cut }: { name: string; bearer: boolean; cut: boolean }) => {
    const made = await access.keys.create(
      { environment, kind: 'test', name, scopes: scopesOf('test') },
      SYSTEM,
    );
    const issued = bearer
      ? await access.signIn({ apiKey: made.key.id, secret: made.secret }, { ...SYSTEM, address: '127.0.0.1' })
      : null;
    const key = openSecretText(issued?.token ?? made.secret);
    const ask = async (): Promise<boolean> => (await call({ path: NOWHERE, key })).status === 404;
    if (!(await ask()) || !(await ask())) throw new Error('the key does not work before it is revoked');
    if (cut) line.cut(FEED);
    const state: { revokedAtMs: number | null } = { revokedAtMs: null };
    void access.keys
      .revoke({ environment, key: made.key.id }, SYSTEM)
      .then(() => void (state.revokedAtMs = performance.now()));
    let lastMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      const sentMs = performance.now();
      if (await ask()) lastMs = sentMs;
      else if (state.revokedAtMs !== null) break;
    }
    if (cut) {
      line.mend();
      await new Promise((resolve) => setTimeout(resolve, MENDED_MS));
    }
    return Math.max(0, lastMs - state.revokedAtMs);
  };

  const results: { readonly what: string; readonly lagsMs: readonly number[] }[] = [];
  for (const { what, bearer, cut, count } of [
    { what: 'key, feed heard', bearer: false, cut: false, count: rounds },
    { what: 'bearer token, feed heard', bearer: true, cut: false, count: rounds / 4 },
    { what: 'key, feed cut', bearer: false, cut: true, count: rounds / 4 },
    { what: 'bearer token, feed cut', bearer: true, cut: true, count: rounds / 4 },
  ]) {
    const lagsMs: number[] = [];
    for (let at = 0; at < count; at += 1)
      lagsMs.push(await round({ name: `${what} ${at}`.replaceAll(',', ''), bearer, cut }));
    results.push({ what, lagsMs });
    process.stderr.write(`${what}: ${count} rounds\n`);
  }
  const late = results.flatMap(({ lagsMs }) => lagsMs.filter((lag) => lag >= BOUND_MS)).length;
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

function report(
  results: readonly { readonly what: string; readonly lagsMs: readonly number[] }[],
  rounds: number,
): string {
  const rows = results.map(({ what, lagsMs }) => {
    const sorted = lagsMs.toSorted((one, other) => one - other);
    const at = (share: number): string =>
      `${(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(1)} ms`;
    const late = lagsMs.filter((lag) => lag >= BOUND_MS).length;
    return `| ${what} | ${lagsMs.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} | ${late} |`;
  });
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return [
    '# Revocation',
    '',
    'Two nodes on one Postgres, each a process of its own. A key is revoked at one of them while the other is asked with it as fast as',
    'it answers. Measured is the time from the answer to the revocation until the last request that was still let in was *sent*. With',
    'the feed cut, the connection over which the other node hears of changes falls silent without being closed, and its other',
    'connections go on.',
    '',
    '| | revocations | median | 99 of 100 | longest | let in after a second |',
    '|---|---:|---:|---:|---:|---:|',
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
