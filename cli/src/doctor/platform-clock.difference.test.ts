// Our clock is compared with what a platform's host says, to the second, over verified TLS: from 2 s it is said, from 60 s it fails. U9.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate, startServer } from '@sallyport/sandbox/loopback-server';
import { examinePlatformClock } from './platform-clock.ts';

const authorities = [certificate.ca];

/** A host whose clock differs from ours by so much, to be compared with. */
const hostOff = (t: Parameters<typeof startServer>[0], byMs: number, headers: Record<string, string> = {}) =>
  startServer(t, {
    answer: (response) => {
      response.sendDate = false;
      response.writeHead(404, { date: new Date(Date.now() + byMs).toUTCString(), ...headers }).end();
    },
  });

const cases = [
  { byMs: 0, state: 'ok', says: /^agrees with 127\.0\.0\.1:\d+$/ },
  { byMs: -10_000, state: 'warn', says: /^is (?:[5-9]|1\d) s ahead of 127\.0\.0\.1:\d+$/ },
  { byMs: 10_000, state: 'warn', says: /^is (?:[5-9]|1\d) s behind 127\.0\.0\.1:\d+$/ },
  { byMs: -120_000, state: 'fail', says: /^is 1[12]\d s ahead of 127\.0\.0\.1:\d+$/ },
  { byMs: 120_000, state: 'fail', says: /^is 1[12]\d s behind 127\.0\.0\.1:\d+$/ },
] as const;

for (const { byMs, state, says } of cases) {
  test(`U9 a host whose clock is ${byMs / 1_000} s off: ${state}`, async (t) => {
    const { url, seen } = await hostOff(t, byMs);
    const finding = await examinePlatformClock({ url, authorities });
    assert.equal(finding.state, state);
    assert.match(finding.message, says);
    assert.equal(finding.clock?.host, new URL(url).host);
    assert.ok(Math.abs((finding.clock?.differenceMs ?? 0) + byMs) < 5_000, JSON.stringify(finding));
    assert.equal(finding.remedy === undefined, state === 'ok');
    assert.deepEqual([seen.length, seen[0]?.method, seen[0]?.headers.authorization], [1, 'HEAD', undefined]);
  });
}

test('an answer that waited on its way, or in a cache, makes no difference', async (t) => {
  const slow = await startServer(t, {
    answer: (response) => {
      response.sendDate = false;
      const date = new Date().toUTCString();
      setTimeout(() => void response.writeHead(200, { date }).end(), 4_500);
    },
  });
  const kept = await hostOff(t, -3_600_000, { age: '3600' });
  for (const { url } of [slow, kept]) {
    const { state, message } = await examinePlatformClock({ url, authorities });
    assert.deepEqual([state, message], ['ok', `agrees with ${new URL(url).host}`]);
  }
});

test('a host that says no time, is not there, or has another certificate is told as such', async (t) => {
  const silent = await startServer(t, {
    answer: (response) => {
      response.sendDate = false;
      response.writeHead(200).end();
    },
  });
  const odd = await hostOff(t, 0, { date: '0' });
  const outcomes = [
    [{ url: silent.url, authorities }, /it says no Date$/],
    [{ url: odd.url, authorities }, /it says no Date$/],
    [{ url: 'https://127.0.0.1:1', authorities }, /ECONNREFUSED$/],
    [{ url: silent.url, authorities: [] }, /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO/],
  ] as const;
  for (const [host, says] of outcomes) {
    const { state, message, clock } = await examinePlatformClock(host);
    assert.equal(state, 'warn', message);
    assert.match(message, says);
    assert.equal(clock, undefined);
  }
});
