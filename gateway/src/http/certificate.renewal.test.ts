// A renewed certificate is shown without a restart, connections go on, and one that can't be shown changes nothing.
// K8 Q14.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { createAuthority, type IssuedCertificate, issueCertificate } from '@sallyport/sandbox';
import { Fault, type Log, silentLog, systemClock } from '#base';
import { withRaw } from '#test/raw';
import { checkCertificate } from './certificate-check.ts';
import { watchCertificate } from './certificate-watch.ts';
import { withListener } from './http.fixture.ts';

const authority = await createAuthority({ name: 'Renewal test authority' });
const names = ['localhost', '127.0.0.1'];
const issue = (days = 10): Promise<IssuedCertificate> => issueCertificate(authority, { names, days });
const DAY_MS = 86_400_000;

async function withFiles(t: TestContext, pair: IssuedCertificate) {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const files = {
    keyFile: join(directory, 'key.pem'),
    certFile: join(directory, 'cert.pem'),
    clientCaFile: null,
  };
  await put(files, pair);
  return files;
}

async function put(
  files: { keyFile: string; certFile: string },
  { key, cert }: IssuedCertificate,
): Promise<void> {
  await writeFile(files.certFile, cert, { mode: 0o644 });
  await writeFile(files.keyFile, key, { mode: 0o600 });
}

/** A log that tells when a line of a kind was written, and keeps all. */
function listeningLog() {
  const lines: { level: 'info' | 'error'; text: string }[] = [];
  let wake: () => void = () => undefined;
  const write = (level: 'info' | 'error') => (text: string, fields?: object) => {
    lines.push({ level, text: `${text} ${JSON.stringify(fields)}` });
    wake();
  };
  const log: Log = { ...silentLog, info: write('info'), error: write('error') };
  return {
    log,
    lines,
    async until(level: 'info' | 'error', count: number): Promise<void> {
      while (lines.filter((line) => line.level === level).length < count)
        await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

async function shownBy(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.cert });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate()?.serialNumber ?? '';
  socket.destroy();
  return shown;
}

const serialOf = ({ cert }: IssuedCertificate): string =>
  new (process.getBuiltinModule('node:crypto').X509Certificate)(cert).serialNumber;

test('Q14 the new certificate is shown to who comes now, and who was there goes on', async (t) => {
  const [first, second, third] = await Promise.all([issue(), issue(), issue()]);
  const files = await withFiles(t, first);
  const told = listeningLog();
  const listener = await withListener(t, {
    log: told.log,
    limits: { certificateCheckMs: 100 },
    ports: { tls: { ...first, files } },
  });
  assert.equal(await shownBy(listener.port), serialOf(first));
  const before = await withRaw(t, { ...listener, ca: authority.cert });

  await put(files, second);
  await told.until('info', 1);
  assert.equal(await shownBy(listener.port), serialOf(second));
  before.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  assert.equal((await before.answer()).status, 200);

  // As tools that renew do it: new files beside the old, linked into place.
  const renewed = { keyFile: `${files.keyFile}.3`, certFile: `${files.certFile}.3` };
  await put(renewed, third);
  for (const name of ['certFile', 'keyFile'] as const) {
    await symlink(renewed[name], `${files[name]}.link`);
    await rename(`${files[name]}.link`, files[name]);
  }
  await told.until('info', 2);
  assert.equal(await shownBy(listener.port), serialOf(third));
  before.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  assert.equal((await before.answer()).status, 200);
  assert.match(told.lines.at(-1)?.text ?? '', /renewed.+valid until 20\d\d-/);
});

test('Q14 a pair that can not be shown is an error in the output, once, and the one before it stays', async (t) => {
  const [first, other, ended, good] = await Promise.all([
    issue(),
    issue(),
    issueCertificate(authority, { names, days: 1, from: new Date(Date.now() - 3 * DAY_MS) }),
    issue(),
  ]);
  const early = await issueCertificate(authority, { names, days: 1, from: new Date(Date.now() + DAY_MS) });
  const files = await withFiles(t, first);
  const told = listeningLog();
  const listener = await withListener(t, {
    log: told.log,
    limits: { certificateCheckMs: 100 },
    ports: { tls: { ...first, files } },
  });
  const bad: readonly (() => Promise<void>)[] = [
    () => put(files, ended),
    () => put(files, early),
    () => put(files, { key: 'rubbish', cert: first.cert }),
    () => put(files, { key: first.key, cert: first.cert.slice(0, 300) }),
    () => unlink(files.certFile),
    () => put(files, { key: other.key, cert: first.cert }),
  ];
  for (const [at, make] of bad.entries()) {
    await make();
    const errors = at + 1;
    await told.until('error', errors);
    // A state of the files in between may have been seen as well; each is told of once at most.
    const { length } = told.lines;
    assert.equal(await shownBy(listener.port), serialOf(first));
    assert.ok(length <= 2 * errors, told.lines.map(({ text }) => text).join('\n'));
  }
  for (const { text } of told.lines) assert.doesNotMatch(text, /PRIVATE KEY|MII/);
  await put(files, good);
  await told.until('info', 1);
  assert.equal(await shownBy(listener.port), serialOf(good));
});

test('Q14 what is bad is told once, however often it is looked at, and a wake looks at once', async (t) => {
  const [first, second] = await Promise.all([issue(), issue()]);
  const files = await withFiles(t, first);
  const told = listeningLog();
  const shown: string[] = [];
  const watch = watchCertificate({
    files,
    shown: first,
    everyMs: 3_600_000,
    show(tls) {
      const until = checkCertificate(tls, systemClock);
      shown.push(tls.cert);
      return until;
    },
    clock: systemClock,
    log: told.log,
  });
  await watch.stop();
  assert.deepEqual(told.lines, [], 'what is shown already is not shown again');

  const again = watchCertificate({
    files,
    shown: second,
    everyMs: 3_600_000,
    show: () => '',
    clock: systemClock,
    log: told.log,
  });
  await told.until('info', 1);
  await unlink(files.keyFile);
  again.wake();
  await told.until('error', 1);
  again.wake();
  await again.stop();
  assert.equal(told.lines.length, 2);
});

test('Q14 a certificate is looked at before it is shown, at the start as well', async (t) => {
  const [first, other] = await Promise.all([issue(), issue()]);
  const reasons: readonly (readonly [Parameters<typeof checkCertificate>[0], RegExp])[] = [
    [{ key: other.key, cert: first.cert }, /do not fit/],
    [{ key: '', cert: first.cert }, /key is not readable/],
    [{ key: first.key, cert: '' }, /certificate is not readable/],
    [{ ...first, clientCa: 'rubbish' }, /authority of clients/],
  ];
  for (const [tls, reason] of reasons) {
    assert.throws(
      () => checkCertificate(tls, systemClock),
      (thrown: unknown) =>
        thrown instanceof Fault && thrown.code === 'CERTIFICATE_UNSUITABLE' && reason.test(thrown.message),
    );
    await assert.rejects(withListener(t, { ports: { tls } }));
  }
  const until = checkCertificate(first, systemClock);
  assert.ok(Date.parse(until) > Date.now());
  const at = (ms: number) => ({ ...systemClock, now: () => ms });
  assert.throws(() => checkCertificate(first, at(Date.parse(until) + 1_000)), /has ended/);
  assert.throws(() => checkCertificate(first, at(Date.now() - DAY_MS)), /not valid yet/);
});
