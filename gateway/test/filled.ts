import { sign, signRequest } from '@sallyport/schemes';
import { Client } from 'pg';
import { scopesOf } from '#access';
import { type ConnectionId, type EnvironmentId, type KeyId, openSecret, openSecretText, SYSTEM } from '#base';
import { canary } from '../../tools/leaks/canaries.ts';
import type { ClientAnswer, ClientCall } from './client.ts';
import type { TestGateway } from './gateway.ts';

/** An environment with something in every table, made through the surfaces and rooms of a running gateway. */
export interface Filled {
  readonly environment: EnvironmentId;
  readonly adminKey: string;
  readonly testKey: string;
  readonly connection: ConnectionId;
  /** `/in/ep_…`, and a webhook for it whose signature is right. */
  readonly hook: ClientCall;
}

/** Every table that holds rows of environments, but for the environment's own row. */
export const WITH_ENVIRONMENT = `
  select c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'environment_id' and not a.attisdropped
   where c.relnamespace = 'sallyport'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     and c.relname <> 'environments' order by 1`;

/** Makes an environment and fills it. */
export async function fill(
  { gateway, sandbox, koywe, databaseUrl }: TestGateway,
  call: (call: ClientCall) => Promise<ClientAnswer>,
  name: string,
): Promise<Filled> {
  const { environments, access, audit } = gateway.rooms;
  const { id: organization } = await environments.createOrganization({ name }, SYSTEM);
  const made = { organization, name, kind: 'development', region: 'local' } as const;
  const { id: environment } = await environments.create(made, SYSTEM);
  const admin = await access.keys.create(
    { environment, kind: 'admin', name: 'admin', scopes: scopesOf('admin') },
    SYSTEM,
  );
  const runtime = await access.keys.create(
    { environment, kind: 'test', name: 'application', scopes: scopesOf('test') },
    SYSTEM,
  );
  const [adminKey, testKey] = [openSecretText(admin.secret), openSecretText(runtime.secret)];
  const post = async (path: string, key: string, body: object): Promise<Record<string, string>> => {
    const answer = await call({ method: 'POST', path, key, body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer.json<Record<string, string>>();
  };
  const credential = { apiKey: koywe.apiKey, secret: koywe.secret };
  const { id: connection, prefix } = await post('/admin/v1/connections', adminKey, {
    platform: 'koywe',
    name: 'koywe',
    credential,
    baseUrl: sandbox.url,
  });
  const secret = canary('webhookSecret');
  const endpoint = await post('/admin/v1/endpoints', adminKey, { platform: 'koywe', name: 'koywe', secret });
  await post('/admin/v1/destinations', adminKey, { name: 'application', url: `${sandbox.url}/nowhere` });
  await post('/admin/v1/replays', adminKey, { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' });
  const signIn = { apiKey: runtime.key.id, secret: testKey };
  await call({ method: 'POST', path: '/api/v1/auth/sign-in', body: signIn });
  await call({ path: `${prefix}/api/v1/organizations/${koywe.organizationId}/webhooks`, key: testKey });
  await fillKey(gateway, { environment, key: runtime.key.id });
  const body = Buffer.from(`{"id":"evt-of-${name}","type":"order.paid","data":{"orderId":"ord_1"}}`);
  const { headers } = sign({ scheme: 'koywe', secrets: [Buffer.from(secret)], body, nowMs: Date.now() });
  const hook: ClientCall = {
    method: 'POST',
    path: endpoint['path'] ?? '',
    body,
    headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
  };
  const received = await call(hook);
  if (received.status !== 200) throw new Error(received.text);
  await call({ path: `/admin/v1/endpoints/${endpoint['id'] ?? ''}/callers`, key: adminKey }); // written for whoever asks
  const confirm = { connection, path: '/api/v1/orders/{id}' };
  const unsigned = { platform: 'unsigned', name: 'unsigned', confirm };
  const { path: notices = '' } = await post('/admin/v1/endpoints', adminKey, unsigned);
  const notice = await call({ method: 'POST', path: notices, body: Buffer.from('id=tr_1'), headers: {} });
  if (notice.status !== 200) throw new Error(notice.text);
  await call({ path: `/admin/v1/endpoints/${endpoint['id'] ?? ''}/counts`, key: adminKey });
  // The state of the environment was announced once, so that the feed has something of it too.
  await environments.freeze(environment, SYSTEM);
  await environments.unfreeze(environment, SYSTEM);
  await untilAttempted(openSecretText(databaseUrl), environment);
  await audit.integrate();
  if (!isConnection(connection)) throw new Error('the connection has no id');
  return { environment, adminKey, testKey, connection, hook };
}

/** What belongs to a key: another secret with its kept answer, a signer, a signature that was seen, a caller. */
async function fillKey(
  { rooms: { access } }: TestGateway['gateway'],
  target: { environment: EnvironmentId; key: KeyId },
): Promise<void> {
  await access.rotation.rotate({ ...target, requestKey: 'request-1' }, SYSTEM);
  const signer = { ...target, scheme: 'mintmove', algorithm: 'hmac-sha256' } as const;
  const { secret } = await access.signers.add(signer, SYSTEM);
  if (secret === null) throw new Error('the signer has no secret');
  const call = { method: 'GET', target: '/', authority: 'gateway.test', body: new Uint8Array() };
  const key = { algorithm: 'hmac-sha256', secret: openSecret(secret) } as const;
  const headers = await signRequest({
    ...call,
    scheme: 'mintmove',
    keyId: target.key,
    key,
    nowMs: Date.now(),
  });
  const claim = access.signatureOf(headers.flat());
  if (claim === null) throw new Error('the request bears no signature');
  const presented = { claim, call: { ...call, rawHeaders: headers.flat() }, surface: 'runtime' } as const;
  await access.authenticateSigned({
    ...presented,
    actor: { ...SYSTEM, address: '192.0.2.1', agent: 'test' },
  });
  await access.usage.flush();
}

/** How many rows of an environment there are, by table. Looks below every policy. */
export async function rowsOf(
  { databaseUrl }: TestGateway,
  environment: EnvironmentId,
): Promise<Readonly<Record<string, number>>> {
  const client = new Client(openSecretText(databaseUrl));
  await client.connect();
  try {
    await client.query('set search_path = sallyport');
    const { rows } = await client.query<{ name: string }>(WITH_ENVIRONMENT);
    const counts: Record<string, number> = {};
    for (const { name } of rows) {
      await client.query(`alter table ${name} no force row level security`);
      const text = `select count(*)::int as rows from ${name} where environment_id = $1`;
      counts[name] = (await client.query<{ rows: number }>(text, [environment])).rows[0]?.rows ?? 0;
      await client.query(`alter table ${name} force row level security`);
    }
    return counts;
  } finally {
    await client.end();
  }
}

async function untilAttempted(url: string, environment: EnvironmentId): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(`set role sallyport_runtime; set sallyport.environment = '${environment}'`);
    for (let tries = 0; tries < 2_000; tries++) {
      if ((await client.query('select from sallyport.attempts')).rowCount !== 0) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    await client.end();
  }
  throw new Error('nothing was delivered');
}

function isConnection(id: string | undefined): id is ConnectionId {
  return id?.startsWith('con_') === true;
}
