import { mkdtemp, rm } from 'node:fs/promises';
import type { Profiler } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSecretText, removeEmbedded, silentLog, startEmbedded } from '../gateway/src/main.ts';
import { createAuthority, issueCertificate } from '../packages/sandbox/src/index.ts';
import { type Child, startChild, type Usage } from './child.ts';
import { type DatabaseWatch, watchDatabase } from './database.ts';
import type { LoadOrder, LoadResult } from './load/load.ts';
import type { BarePorts } from './servers/bare-hmac.ts';
import type { GatewaySettings, GatewayStarted } from './servers/gateway.ts';
import type { PassThroughPorts, PassThroughSettings } from './servers/pass-through.ts';
import type { ServerAnswer, ServerQuestion, Tls } from './servers/server.ts';

/** Everything that a run needs: every rival as a process of its own, one Postgres, and a load generator. */
export interface Setting {
  readonly ca: string;
  readonly secret: string;
  readonly databaseUrl: string;
  readonly database: DatabaseWatch;
  /** Of this run; removed with its end. */
  readonly directory: string;
  readonly gateway: GatewayStarted;
  readonly bareHmac: BarePorts;
  readonly sampleStack: { readonly https: number };
  readonly passThrough: PassThroughPorts;
  /** Host and port of what calls and deliveries go to. */
  readonly upstream: string;
  load(order: LoadOrder): Promise<LoadResult>;
  /** Requests that reached it so far. */
  received(): Promise<number>;
  usageOf(server: 'gateway' | 'bareHmac' | 'sampleStack' | 'passThrough'): Promise<Usage>;
  /** Profiles the gateway from here; the function given back ends that. */
  profile(): Promise<() => Promise<Profiler.Profile>>;
  end(): Promise<void>;
}

type Server<Settings, Started> = Child<ServerQuestion<Settings>, ServerAnswer<Started>>;

/** Starts it all. */
export async function startSetting(): Promise<Setting> {
  const ends: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (const step of ends.splice(0).toReversed()) await step();
  };
  const start = async <Settings, Started>(
    name: string,
    settings: Settings,
  ): Promise<{ child: Server<Settings, Started>; started: Started; usage: () => Promise<Usage> }> => {
    const child: Server<Settings, Started> = startChild(
      new URL(`servers/${name}`, import.meta.url),
      // As the command is started (cli/bin/sallyport.mjs).
      name === 'gateway.ts' ? ['--max-semi-space-size=16', '--heap-growing-percent=50'] : [],
    );
    ends.push(() => child.stop());
    const started = (await child.ask({ start: settings })) as Started;
    return { child, started, usage: async () => (await child.ask('usage')) as Usage };
  };

  try {
    const authority = await createAuthority();
    const tls: Tls = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });
    const ca = authority.cert;
    const secret = 'whsec-of-the-bench-0123456789abcdef';
    const run = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
    ends.push(() => rm(run, { recursive: true, force: true }));
    const directory = join(run, 'postgres');
    const embedded = await startEmbedded({ directory, log: silentLog });
    ends.push(async () => {
      await embedded.stop();
      await removeEmbedded({ directory, log: silentLog });
    });
    const databaseUrl = openSecretText(embedded.url);
    const database = await watchDatabase(databaseUrl);
    ends.push(() => database.end());
    const upstream = await start<object, { port: number }>('upstream.ts', { tls });
    const host = `127.0.0.1:${upstream.started.port}`;
    const gateway = await start<GatewaySettings, GatewayStarted>('gateway.ts', {
      tls,
      ca,
      databaseUrl,
      secret,
      upstream: host,
      directory: run,
    });
    const bareHmac = await start<object, BarePorts>('bare-hmac.ts', { tls, secret });
    const sampleStack = await start<object, { https: number }>('sample-stack.mjs', {
      tls,
      secret,
      databaseUrl,
    });
    const passThrough = await start<PassThroughSettings, PassThroughPorts>('pass-through.ts', {
      tls,
      ca,
      upstream: `https://${host}`,
      databaseUrl,
    });
    const generator = startChild<LoadOrder, LoadResult>(new URL('load/main.ts', import.meta.url));
    ends.push(() => generator.stop());
    const servers = { gateway, bareHmac, sampleStack, passThrough };
    return {
      ca,
      secret,
      databaseUrl,
      database,
      directory: run,
      gateway: gateway.started,
      bareHmac: bareHmac.started,
      sampleStack: sampleStack.started,
      passThrough: passThrough.started,
      upstream: host,
      load: (order) => generator.ask(order),
      received: async () => (await upstream.child.ask('received')) as number,
      async profile() {
        await gateway.child.ask('profile');
        return async () => (await gateway.child.ask('profiled')) as Profiler.Profile;
      },
      usageOf: (server) => servers[server].usage(),
      end,
    };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}
