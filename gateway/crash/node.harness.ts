// A gateway as a process of its own, to be killed: `node node.harness.ts OPTIONS.json [--wait]`. With `--wait` it loads
// everything and starts when its parent says so. It ends when the channel to its parent does.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { createLogger, limitsWith, Secret, systemClock } from '#base';
import { allMigrations, createGateway, migrate, startEmbedded } from '../src/main.ts';

const [file = '', mode = ''] = process.argv.slice(2);
const options = z
  .strictObject({
    /** The folder of the embedded server, or the address of another. */
    database: z.union([z.strictObject({ directory: z.string() }), z.strictObject({ url: z.string() })]),
    directory: z.string(),
    port: z.number().int(),
    key: z.string(),
    cert: z.string(),
    ca: z.string(),
    declaredHosts: z.array(z.string()),
    limits: z.record(z.string(), z.number()),
  })
  .parse(JSON.parse(await readFile(file, 'utf8')));

let stopping: Promise<void> | null = null;
const ends: (() => Promise<void>)[] = [];

process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void (stopping ??= stop()));
if (mode === '--wait') {
  process.on('message', (message) => {
    if (message === 'start') start().catch(fail);
    if (message === 'stop') stopping ??= stop();
  });
  process.send?.({ state: 'loaded' });
} else {
  await start().catch(fail);
}

async function start(): Promise<void> {
  const log = createLogger({ level: 'warn', format: 'json', write: (line) => process.stderr.write(line) });
  let url: Secret;
  if ('url' in options.database) url = Secret.fromText(options.database.url);
  else {
    const server = await startEmbedded({ directory: options.database.directory, log });
    ends.push(() => server.stop());
    url = server.url;
  }
  await migrate({ url, migrations: allMigrations, log });
  const gateway = await createGateway({
    databaseUrl: url,
    rootKeyFile: `${options.directory}/root.key`,
    createRootKey: true,
    listen: { host: '127.0.0.1', port: options.port },
    tls: { key: options.key, cert: options.cert },
    outbound: { ca: options.ca, declaredHosts: options.declaredHosts },
    checkpointDirectory: `${options.directory}/checkpoints`,
    limits: limitsWith(options.limits),
    clock: systemClock,
    log,
  });
  ends.unshift(() => gateway.stop());
  const { port } = await gateway.start();
  process.stdout.write(`ready on port ${port}\n`);
  process.send?.({ state: 'ready' });
}

async function stop(): Promise<void> {
  for (const end of ends.splice(0)) await end().catch(fail);
  process.exit(0);
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause !== undefined) process.stderr.write(`cause: ${String(cause)}\n`);
  process.exit(1);
}
