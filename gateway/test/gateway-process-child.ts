// A gateway in a process of its own: what would end it, or what it holds in memory, is seen from outside.
import { join } from 'node:path';
import { z } from 'zod';
import { limitsWith, openSecretText, Secret, SYSTEM, silentLog, systemClock } from '#base';
import { createGateway, type Gateway, scopesOf } from '../src/main.ts';
import { GENEROUS } from './generous.ts';

const plan = z.object({
  databaseUrl: z.string(),
  directory: z.string(),
  tls: z.object({ key: z.string(), cert: z.string() }),
  ca: z.string(),
  declaredHosts: z.array(z.string()),
  limits: z.record(z.string(), z.number()),
});
const order = z.union([z.object({ start: plan }), z.object({ ask: z.enum(['memory', 'stop']) })]);

let gateway: Gateway | null = null;

process.on('message', (message) => {
  const parsed = order.parse(message);
  // Nothing catches what goes wrong: it must end this process.
  if ('start' in parsed) void start(parsed.start);
  else if (parsed.ask === 'memory') process.send?.({ memoryBytes: process.memoryUsage.rss() });
  else void gateway?.stop().then(() => process.disconnect?.());
});

async function start({ databaseUrl, directory, tls, ca, declaredHosts, limits }: z.output<typeof plan>) {
  gateway = await createGateway({
    databaseUrl: Secret.fromText(databaseUrl),
    rootKeyFile: join(directory, 'root.key'),
    createRootKey: true,
    listen: { host: '127.0.0.1', port: 0 },
    tls,
    outbound: { ca, declaredHosts },
    checkpointDirectory: join(directory, 'checkpoints'),
    limits: limitsWith({ ...GENEROUS, ...limits }),
    clock: systemClock,
    log: silentLog,
  });
  const { environments, access } = gateway.rooms;
  const { id: organization } = await environments.createOrganization({ name: 'test' }, SYSTEM);
  const made = { organization, name: 'development', kind: 'development', region: 'local' } as const;
  const { id: environment } = await environments.create(made, SYSTEM);
  const admin = await access.keys.create(
    { environment, kind: 'admin', name: 'admin', scopes: scopesOf('admin') },
    SYSTEM,
  );
  const runtime = await access.keys.create(
    { environment, kind: 'test', name: 'application', scopes: scopesOf('test') },
    SYSTEM,
  );
  const { port } = await gateway.start();
  const keys = { adminKey: openSecretText(admin.secret), testKey: openSecretText(runtime.secret) };
  process.send?.({ ready: { port, ...keys } });
}
