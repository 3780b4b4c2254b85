// An endpoint takes webhooks of any platform of the table, or as its configuration describes one, and of nobody else; what a scheme
// needs besides a secret is asked for when it is configured. K7 U11 L11 P12; traps "The configuration decides", "Certificates fetched
// from an address in the message" and "Compare whole decoded MACs".
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  genericScheme,
  parseSigningSecret,
  SCHEMES,
  type SchemeName,
  type SignInput,
  sign,
} from '@sallyport/schemes';
import { Fault, type PublicDocuments, Secret, SYSTEM, systemClock, textOf, utf8 } from '#base';
import { type EndpointView, type Received } from '#ingest';
import { kept, withIngest } from './ingest.fixture.ts';

let certificates: (url: string) => { status: number; body: Uint8Array } = () => ({
  status: 404,
  body: utf8(''),
});
const fetched: string[] = [];
const documents: PublicDocuments = {
  async get({ url }) {
    fetched.push(url);
    return certificates(url);
  },
};
function wrongFields(thrown: unknown): readonly string[] {
  return thrown instanceof Fault ? thrown.fields.map(({ path }) => path) : [String(thrown)];
}

interface Signing extends Omit<Partial<SignInput>, 'body' | 'secrets' | 'scheme'> {
  readonly endpoint: EndpointView;
  readonly secret: Uint8Array;
  readonly body: string;
}

/** A webhook as the platform would sign it. */
function signedAs(scheme: SignInput['scheme'], { endpoint, secret, body, ...more }: Signing) {
  const made = sign({
    scheme,
    secrets: [secret],
    body: utf8(body),
    nowMs: Date.now(),
    id: `msg-${randomUUID()}`,
    ...more,
  });
  return {
    endpoint: endpoint.id,
    address: '192.0.2.1',
    rawHeaders: made.headers.flat(),
    body: made.body,
    target: `/in/${endpoint.id}`,
  };
}

const SECRET = 'a-secret-of-the-platform-0123456789';
const shared: readonly (readonly [SchemeName, string, string | null])[] = [
  ['stripe', '{"id":"evt_1","type":"charge.succeeded"}', 'charge.succeeded'],
  ['github', '{"zen":"x"}', null],
  ['paddle', '{"event_id":"evt_1","event_type":"transaction.paid"}', 'transaction.paid'],
  ['razorpay', '{"event":"payment.captured"}', 'payment.captured'],
  ['liasonpay', '{"event":"charge.success"}', null],
  ['mintmove', '{"a":1}', null],
];

test('K7 U11 webhooks of every platform', async (t) => {
  let ahead = 0;
  const clock = { now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() + ahead };
  const limits = { fetchedKeysPerMinuteMax: 3, fetchedKeySeconds: 60 };
  const { environment, ingest } = await withIngest(t, { documents, clock, limits });
  let made = 0;

  const endpointOf = (platform: string, more: object): Promise<EndpointView> => {
    made += 1;
    return ingest.endpoints.create({ environment, platform, name: `e${made}`, ...more }, SYSTEM);
  };

  await t.test('K7 L11 each platform’s own signature is taken, and another platform’s is not', async () => {
    for (const [platform, body, type] of shared) {
      const endpoint = await endpointOf(platform, { secret: Secret.fromText(SECRET) });
      const webhook = signedAs(platform, { endpoint, secret: utf8(SECRET), body });
      const { event } = await kept(ingest, webhook);
      const view = await ingest.events.get({ environment, event });
      if (type !== null) assert.equal(view.type, type);
      assert.equal(view.platform, platform);
      const stored = (await ingest.read(environment, [event])).get(event);
      assert.equal(textOf(stored?.body ?? new Uint8Array()), body);
      const header = SCHEMES[platform].headers.signature?.toLowerCase() ?? '';
      assert.ok(
        stored?.headers.some(([name]) => name === header),
        'the signature is kept for whoever knows it',
      );
      const foreign = signedAs('shopify', { endpoint, secret: utf8(SECRET), body });
      await assert.rejects(
        ingest.receive(foreign),
        (thrown) => thrown instanceof Fault && thrown.code === 'WEBHOOK_REFUSED',
      );
    }
  });

  await t.test(
    'what a scheme needs besides a secret is asked for by name; what it does not know is refused',
    async () => {
      const secret = Secret.fromText(SECRET);
      const wrong = (platform: string, more: object) =>
        endpointOf(platform, more).then(() => [], wrongFields);
      assert.deepEqual(await wrong('square', { secret }), ['body.url']);
      assert.deepEqual(await wrong('paypal', {}), ['body.parameters.webhookId']);
      assert.deepEqual(await wrong('stripe', {}), ['body.secret']);
      assert.deepEqual(await wrong('stripe', { secret, parameters: { webhookId: 'x' } }), [
        'body.parameters',
      ]);
      assert.deepEqual(await wrong('stripe', { secret, scheme: {} }), ['body.scheme']);
      assert.deepEqual(await wrong('wise', { secret }), ['body.secret']);
      assert.deepEqual(await wrong('generic', { secret }), ['body.scheme']);
      assert.deepEqual(await wrong('generic', { secret, scheme: { headers: { signature: 'a b' } } }), [
        'body.scheme',
      ]);
      assert.deepEqual(
        await wrong('generic', { secret, scheme: { headers: { signature: 'X-S' }, content: ['id'] } }),
        ['body.scheme'],
      );
      assert.deepEqual(await wrong('unsigned', { secret }), ['body.secret']);
    },
  );

  await t.test(
    'an address that the platform signs is the configured one, not the one that a request names',
    async () => {
      const url = 'https://hooks.example.test/square';
      const endpoint = await endpointOf('square', { secret: Secret.fromText(SECRET), url });
      const given = { endpoint, secret: utf8(SECRET), body: '{"event_id":"1","type":"payment.created"}' };
      await kept(ingest, signedAs('square', { ...given, url }));
      await assert.rejects(
        ingest.receive(signedAs('square', { ...given, url: `https://gateway.test/in/${endpoint.id}` })),
      );
    },
  );

  await t.test(
    'a generic scheme is configuration: its headers, time, encoding, id, type and acknowledgement',
    async () => {
      const scheme = {
        headers: { signature: 'X-Sig', timestamp: 'X-Time' },
        content: ['timestamp', { literal: ':' }, 'body'],
        algorithm: 'hmac-sha512',
        encoding: 'base64',
        timestamp: { unit: 'milliseconds', toleranceSeconds: 60 },
        eventId: { from: 'body', path: ['uid'] },
        eventType: { from: 'body', paths: [['kind']] },
        acknowledgement: { status: 202, contentType: 'text/plain', body: 'ok' },
      } as const;
      const endpoint = await endpointOf('generic', { secret: Secret.fromText(SECRET), scheme });
      const webhook = signedAs(genericScheme(scheme), {
        endpoint,
        secret: utf8(SECRET),
        body: '{"uid":"1","kind":"a.b"}',
      });
      const received: Received = await ingest.receive(webhook);
      assert.deepEqual(received.acknowledgement, { status: 202, contentType: 'text/plain', body: 'ok' });
      assert.ok(received.event !== null);
      const { type, platformEvent } = await ingest.events.get({ environment, event: received.event });
      assert.deepEqual([type, platformEvent], ['a.b', '1']);
      const late = signedAs(genericScheme(scheme), {
        endpoint,
        secret: utf8(SECRET),
        body: '{"uid":"2","kind":"a.b"}',
        nowMs: Date.now() - 61_000,
      });
      await assert.rejects(ingest.receive(late));
      await ingest.endpoints.change({ environment, endpoint: endpoint.id, toleranceSeconds: 120 }, SYSTEM);
      assert.equal((await ingest.receive(late)).duplicate, false);
    },
  );

  await t.test(
    'a key is fetched from the pinned host only, once, and unknown ones are not asked for without end',
    async () => {
      const source = SCHEMES.paypal.keySource;
      assert.ok(source?.kind === 'certificate-url');
      const endpoint = await endpointOf('paypal', { parameters: { webhookId: 'WH-1' } });
      const url = `https://${source.hosts['live'] ?? ''}${source.pathPrefix}CERT-1`;
      const { certificate, key } = certificateFor(source.subjects[0] ?? '');
      const other = certificateFor('messageverificationcerts.paypal.com.evil.test');
      const send = (body: string, keyId: string, secret = parseSigningSecret('paypal', key)) =>
        ingest.receive(
          signedAs('paypal', {
            endpoint,
            secret,
            body,
            parameters: { webhookId: 'WH-1', mode: 'live', keyId },
          }),
        );
      const refused = (code: string) => (thrown: unknown) => thrown instanceof Fault && thrown.code === code;
      certificates = (asked) => ({
        status: 200,
        body: utf8(asked === url ? certificate : other.certificate),
      });
      const both = await Promise.all(['{"id":"1"}', '{"id":"2"}'].map((body) => send(body, url)));
      assert.ok(both.every(({ duplicate }) => !duplicate));
      await send('{"id":"3"}', url);
      assert.deepEqual(fetched, [url]);
      for (const elsewhere of [
        'https://evil.test/v1/notifications/certs/CERT-1',
        url.replace('https://', 'https://evil.test@'),
        url.replace('https://', 'http://'),
        url.replace('.com/', '.com.evil.test/'),
        `${url}?x=1`,
      ])
        await assert.rejects(send('{"id":"4"}', elsewhere), refused('WEBHOOK_REFUSED'), elsewhere);
      assert.deepEqual(fetched, [url]);
      // Served by the platform, and made out to somebody else.
      await assert.rejects(
        send('{"id":"5"}', `${url}A`, parseSigningSecret('paypal', other.key)),
        refused('WEBHOOK_REFUSED'),
      );
      certificates = () => ({ status: 503, body: utf8('') });
      await assert.rejects(send('{"id":"6"}', `${url}B`), refused('BUSY'));
      await assert.rejects(send('{"id":"7"}', `${url}C`), refused('BUSY'));
      assert.equal(fetched.length, 3, 'the fourth within a minute was not fetched');
      await send('{"id":"8"}', url);
      // When it is time to fetch it again, made-up names have no part in whether that may be.
      ahead += 60_000;
      const madeUp = await Promise.allSettled(
        ['D', 'E', 'F', 'G', 'H'].map((more) => send('{"id":"9"}', `${url}${more}`)),
      );
      assert.ok(madeUp.every(({ status }) => status === 'rejected'));
      fetched.length = 0;
      await assert.rejects(send('{"id":"10"}', url), refused('BUSY'), 'its platform is away');
      await assert.rejects(send('{"id":"10"}', url), refused('BUSY'));
      assert.deepEqual(fetched, [url], 'one attempt a minute beside the others');
      certificates = () => ({ status: 200, body: utf8(certificate) });
      ahead += 60_000;
      await Promise.allSettled(['I', 'J', 'K'].map((more) => send('{"id":"9"}', `${url}${more}`)));
      assert.equal((await send('{"id":"10"}', url)).duplicate, false);
    },
  );
});

/** A certificate made out to a name, and its private key. */
function certificateFor(name: string): { readonly certificate: string; readonly key: string } {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-certificate-'));
  const [keyFile, file] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  try {
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
    execFileSync('openssl', [...request, '-keyout', keyFile, '-out', file], { stdio: 'pipe' });
    return { certificate: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
