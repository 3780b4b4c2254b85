import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { z } from 'zod';
import { type Limits, openSecretText } from '#base';
import { type Cleanup, withDatabase } from './database.ts';

/** A gateway in a process of its own. */
export interface GatewayProcess {
  readonly url: string;
  readonly ca: string;
  readonly certificates: { readonly key: string; readonly cert: string };
  readonly adminKey: string;
  readonly testKey: string;
  /** What it has resident now. */
  memoryBytes(): Promise<number>;
  /** Fails when the process has ended. */
  assertAlive(): void;
}

const ready = z.object({ ready: z.object({ port: z.number(), adminKey: z.string(), testKey: z.string() }) });
const memory = z.object({ memoryBytes: z.number() });

/** Starts one. After the test it must still be there, and end well when it is told to. */
export async function withGatewayProcess(
  test: Cleanup,
  { limits = {}, declaredHosts = [] }: { limits?: Partial<Limits>; declaredHosts?: readonly string[] },
): Promise<GatewayProcess> {
  const hooks: (() => Promise<void>)[] = [];
  test.after(async () => {
    for (const hook of hooks.toReversed()) await hook();
  });
  const t: Cleanup = { after: (hook) => hooks.push(hook) };
  const { url: databaseUrl } = await withDatabase(t);
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const authority = await createAuthority();
  const certificates = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'], days: 90 });
  const child = fork(new URL('./gateway-process-child.ts', import.meta.url), {
    execArgv: ['--max-semi-space-size=16', '--heap-growing-percent=50'], // as the command is started
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const ended = exited.then(([code, signal]) => {
    throw new Error(`the gateway ended: ${String(code ?? signal)}`);
  });
  ended.catch(() => undefined);
  t.after(async () => {
    if (child.connected) child.send({ ask: 'stop' });
    const [code, signal] = await exited;
    assert.equal(code ?? signal, 0, 'the gateway did not end well');
  });
  const said = <T>(shape: z.ZodType<T>): Promise<T> =>
    Promise.race([once(child, 'message').then(([message]) => shape.parse(message)), ended]);

  const answer = said(ready);
  const tls = { key: certificates.key, cert: certificates.cert };
  const start = { databaseUrl: openSecretText(databaseUrl), directory, tls, ca: authority.cert };
  child.send({ start: { ...start, declaredHosts, limits } });
  const { port, adminKey, testKey } = (await answer).ready;
  return {
    url: `https://127.0.0.1:${port}`,
    ca: authority.cert,
    certificates,
    adminKey,
    testKey,
    async memoryBytes() {
      const reply = said(memory);
      child.send({ ask: 'memory' });
      return (await reply).memoryBytes;
    },
    assertAlive() {
      assert.equal(child.exitCode ?? child.signalCode, null, 'the gateway is gone');
    },
  };
}
