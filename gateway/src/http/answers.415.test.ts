// 415: exactly one spelling of JSON is JSON; what another reader could take for it is refused before it is parsed.
// U14; trap "Fastify: content-type differentials bypassed validation (CVE-2025-32442, CVE-2026-25223, CVE-2026-3419)".
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Access } from '#access';
import { Fault } from '#base';
import { withClient } from '#test/client';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { roomWith, withListener } from './http.fixture.ts';
import { describedOperations } from './operations.fixture.ts';

test('415 UNSUPPORTED_MEDIA_TYPE at every operation that takes JSON and is sent something else', async (t) => {
  const call = withClient(t, await withListener(t));
  for (const { method, path, body: takes } of await describedOperations()) {
    if (takes !== 'json') continue;
    for (const type of ['text/plain', 'application/json; charset=utf-16'])
      assertProblem(
        await call({ method, path, key: 'any', body: '{}', headers: { 'content-type': type } }),
        'UNSUPPORTED_MEDIA_TYPE',
      );
  }
});

let signIns = 0;
const access = roomWith<Access>({
  signIn: async () => {
    signIns += 1;
    throw new Fault('INVALID_CREDENTIALS');
  },
});
const listener = await withListener({ after }, { rooms: { access } });
const body = JSON.stringify({ apiKey: `key_${'0'.repeat(26)}`, secret: 'x' });

async function send(t: { after(hook: () => void): unknown }, headers: string) {
  const raw = await withRaw(t, listener);
  raw.send(
    `POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`,
  );
  return raw.answer();
}

const REFUSED = [
  '',
  'Content-Type:\r\n',
  'Content-Type: text/plain\r\n',
  'Content-Type: application/x-www-form-urlencoded\r\n',
  'Content-Type: multipart/form-data; boundary=a\r\n',
  'Content-Type: application/json;\r\n',
  'Content-Type: application/json, text/plain\r\n',
  'Content-Type: application/json;charset=utf-16\r\n',
  'Content-Type: application/json; charset="utf-8"\r\n',
  'Content-Type: application/json; charset=utf-8; a=b\r\n',
  'Content-Type: application/json ; charset=utf-8\r\n',
  'Content-Type: application/json\ta\r\n',
  'Content-Type: application/json\xa0\r\n',
  'Content-Type: application /json\r\n',
  'Content-Type: "application/json"\r\n',
  'Content-Type: application/jsonp\r\n',
  'Content-Type: application/vnd.api+json\r\n',
  'Content-Type: text/json\r\n',
  'Content-Type: */*\r\n',
  'Content-Type: application\r\n',
  'Content-Type: application/json\r\nContent-Encoding: gzip\r\n',
  'Content-Type: application/json\r\nContent-Encoding: identity\r\n',
];

for (const headers of REFUSED) {
  test(`415 for ${JSON.stringify(headers)}`, async (t) => {
    assertProblem(await send(t, headers), 'UNSUPPORTED_MEDIA_TYPE');
    assert.equal(signIns, 0);
  });
}

test('and JSON is JSON, in any case, with its only charset', async (t) => {
  for (const type of [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
  ])
    assertProblem(await send(t, `Content-Type: ${type}\r\n`), 'INVALID_CREDENTIALS');
  assert.equal(signIns, 4);
});
