// The database is reached over verified TLS, or not over a network at all: no address can ask for less. K8 U6
import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { type Fault, limitsWith, openSecretText, Secret, silentLog, systemClock } from '#base';
import { createStore, migrate, removeEmbedded, startEmbedded, storeMigrations } from '#store';
import { connectionConfig, parseAddress } from './connection.ts';
import { serviceAccount } from './embedded/account.ts';
import { asOwner } from './notes.fixture.ts';

const plain = [
  'postgres://u:p@localhost/d?host=/run/postgresql',
  'postgres://u:p@localhost/d?host=%2Frun%2Fpostgresql&sslmode=require',
  'postgres://u:p@localhost/d',
  'postgres://u:p@127.0.0.1:6543/d?sslmode=disable',
  'postgresql://u:p@[::1]/d?sslmode=prefer',
];
const verified = [
  'postgres://u:p@db.example/d',
  'postgres://u:p@db.example/d?sslmode=prefer',
  'postgres://u:p@db.example/d?sslmode=require',
  'postgres://u:p@db.example/d?sslmode=verify-ca&sslrootcert=system',
  'postgres://u:p@db.example/d?sslmode=verify-full',
  'postgres://u:p@192.0.2.7/d',
  'postgres://u:p@localhost/d?sslmode=require',
  'postgres://u:p@127.0.0.1/d?host=db.example',
];
const refused = [
  'postgres://u:p@db.example/d?sslmode=disable',
  'postgres://u:p@db.example/d?sslmode=allow',
  'postgres://u:p@db.example/d?sslmode=no-verify',
  'postgres://u:p@db.example/d?ssl=false',
  'postgres://u:p@db.example/d?uselibpqcompat=true&sslmode=require',
  'postgres://u:p@db.example/d?sslrootcert=/does/not/exist',
  'postgres://u:p@localhost.example/d?sslmode=disable',
  'postgres://u:p@127.0.0.1.example/d?sslmode=disable',
  'postgres://u:p@one,two/d',
  'postgres://db.example/d',
  'postgres://u:%zz@localhost/d',
  'postgres://u:p@localhost/d?port=0',
  'mysql://u:p@localhost/d',
  'hunter2-is-no-address',
  '',
];
const limits = { statementTimeoutMs: 1_000, lockTimeoutMs: 1_000, connectTimeoutMs: 1_000 };

for (const url of plain) {
  test(`${url.replace('u:p@', '')} may be plain`, () => {
    assert.equal(parseAddress(Secret.fromText(url)).tls, false);
  });
}

for (const url of verified) {
  test(`${url.replace('u:p@', '')} is verified`, () => {
    const { ssl } = connectionConfig(parseAddress(Secret.fromText(url)), 'runtime', limits);
    assert.ok(typeof ssl === 'object');
    assert.ok(ssl.rejectUnauthorized === true && !('checkServerIdentity' in ssl));
    assert.equal(ssl.minVersion, 'TLSv1.2');
  });
}

for (const url of refused) {
  test(`"${url.replace('u:p@', '')}" is refused, without being repeated`, () => {
    assert.throws(
      () => parseAddress(Secret.fromText(url)),
      (fault: Fault) => fault.code === 'DATABASE_UNSUITABLE' && (url === '' || !fault.detail.includes(url)),
    );
  });
}

test('the role of the gateway can not be displaced by options of the address', () => {
  const url = Secret.fromText('postgres://u:p@localhost/d?options=-c%20role%3Downer');
  const { options = '' } = connectionConfig(parseAddress(url), 'runtime', limits);
  assert.ok(options.lastIndexOf('role=sallyport_runtime') > options.lastIndexOf('role=owner'));
});

test('a real server: its certificate must be of the authority named and of the host asked for', {
  skip: process.platform === 'linux' ? false : 'needs loopback addresses beside 127.0.0.1',
}, async (t) => {
  const authority = await createAuthority();
  const { url, file } = await startListening(
    t,
    await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] }),
  );
  const known = await file('ca.pem', authority.cert);
  const unknown = await file('other.pem', (await createAuthority()).cert);
  await migrate({ url: url({}), migrations: storeMigrations, log: silentLog });
  const open = (address: Secret) =>
    createStore({ url: address, limits: limitsWith(), log: silentLog, clock: systemClock });
  const unsuitable = (fault: Fault) =>
    fault.code === 'DATABASE_UNSUITABLE' && /certificate/.test(fault.detail);

  await assert.rejects(open(url({ host: LISTENING, sslmode: 'require', sslrootcert: known })), unsuitable); // not its name
  await assert.rejects(open(url({ host: LISTENING, sslmode: 'require', sslrootcert: unknown })), unsuitable);
  await assert.rejects(open(url({ host: LISTENING, sslmode: 'require' })), unsuitable);
  await assert.rejects(open(url({ host: LISTENING, sslmode: 'verify-ca', sslrootcert: known })), unsuitable);
});

test('a real server: a variable of the environment can not switch verification off', {
  skip: process.platform === 'linux' ? false : 'needs loopback addresses beside 127.0.0.1',
}, async (t) => {
  const authority = await createAuthority();
  const certificate = await issueCertificate(authority, { names: [LISTENING] });
  const { url } = await startListening(t, certificate);
  await migrate({ url: url({}), migrations: storeMigrations, log: silentLog });
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.after(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  await assert.rejects(
    createStore({
      url: url({ host: LISTENING, sslmode: 'require' }),
      limits: limitsWith(),
      log: silentLog,
      clock: systemClock,
    }),
    (fault: Fault) => fault.code === 'DATABASE_UNSUITABLE' && /certificate/.test(fault.detail),
  );
});

test('a real server: a verified connection is encrypted; one without TLS is refused', {
  skip: process.platform === 'linux' ? false : 'needs loopback addresses beside 127.0.0.1',
}, async (t) => {
  const authority = await createAuthority();
  const certificate = await issueCertificate(authority, { names: [LISTENING] });
  const { url, file } = await startListening(t, certificate);
  const known = await file('ca.pem', authority.cert);
  await migrate({ url: url({}), migrations: storeMigrations, log: silentLog });
  const store = await createStore({
    url: url({ host: LISTENING, sslmode: 'require', sslrootcert: known }),
    limits: limitsWith(),
    log: silentLog,
    clock: systemClock,
  });
  try {
    await store.health();
    // The roles of the gateway don't see it; the owner does.
    const seen = await asOwner(url({}), (client) =>
      client.query('select version, cipher from pg_stat_ssl where ssl and pid <> pg_backend_pid()'),
    );
    assert.ok(seen.rows.length > 0);
    for (const { version, cipher } of seen.rows) assert.match(`${version} ${cipher}`, /^TLSv1\.3 TLS_AES/);
  } finally {
    await store.close();
  }
  const without = await startListening(t, null);
  await assert.rejects(
    createStore({
      url: without.url({ host: OTHER, sslmode: 'require', sslrootcert: known }),
      limits: limitsWith(),
      log: silentLog,
      clock: systemClock,
    }),
    (fault: Fault) => fault.code === 'DATABASE_UNSUITABLE' && /TLS/.test(fault.detail),
  );
});

// A server listens on the usual port, which the machine's own may have on 127.0.0.1.
const LISTENING = '127.83.80.1';
const OTHER = '127.83.80.2';

async function startListening(t: TestContext, certificate: { key: string; cert: string } | null) {
  const parent = await mkdtemp('/var/tmp/sallyport-tls-').catch(() =>
    mkdtemp(join(tmpdir(), 'sallyport-tls-')),
  );
  const account = await serviceAccount();
  if (account !== null) chownSync(parent, account.uid, account.gid);
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(parent, name);
    await writeFile(path, text, { mode: 0o600 });
    if (account !== null) chownSync(path, account.uid, account.gid);
    return path;
  };
  const tls: Record<string, string> =
    certificate === null
      ? {}
      : {
          ssl: 'on',
          ssl_cert_file: await file('server.pem', certificate.cert),
          ssl_key_file: await file('server.key', certificate.key),
        };
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-tls-state-'));
  const server = await startEmbedded({
    directory,
    log: silentLog,
    settings: { listen_addresses: certificate === null ? OTHER : LISTENING, ...tls },
  });
  t.after(async () => {
    await server.stop();
    await removeEmbedded({ directory, log: silentLog });
    await rm(parent, { recursive: true, force: true });
  });
  const url = (parameters: Record<string, string>): Secret => {
    const address = new URL(openSecretText(server.url));
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
    return Secret.fromText(address.href);
  };
  return { url, file };
}
