// What we sign is, header by header and byte by byte, what openssl makes of the same scheme written a second time. K7 U11.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { isSchemeName, SCHEMES } from '../packages/schemes/src/index.ts';
import type { Signed } from './adapters/adapter.ts';
import { ID, type Model, NOW_MS, timeText, type Written } from './model/model.ts';
import { models } from './model/models.ts';
import { verifySha256 } from './openssl.ts';
import { signOurs } from './ours.ts';

/** Braintree's lines of base64 are broken elsewhere, Plaid's signature is not DER: their packages take ours (packages.agree.test.ts). */
const ELSEWHERE = new Set(['braintree', 'plaid']);

for (const model of models()) {
  if (ELSEWHERE.has(model.scheme)) continue;
  test(`${model.scheme}: sign makes what openssl makes`, () => {
    const theirs = write(model);
    const ours = sign(model, theirs);
    assert.deepEqual(ours.body, theirs.body);
    if (model.scheme === 'circle') return verifiedByOpenssl(model, { ours, theirs });
    assert.deepEqual(byName(ours.headers), byName(theirs.headers));
  });
}

function write(model: Model): Written {
  return model.write({
    key: model.keys.current,
    id: ID,
    timeText: model.time === null ? '' : timeText(model.time.unit, NOW_MS),
    body: model.body,
    spoil: (mac) => mac,
  });
}

function sign(model: Model, theirs: Written): Signed {
  const { scheme, keys, url, target, parameters, body } = model;
  assert.ok(isSchemeName(scheme), scheme);
  const idHeader = SCHEMES[scheme].headers.id?.toLowerCase();
  const id = theirs.headers.find(([name]) => name.toLowerCase() === idHeader)?.[1] ?? '';
  const { text, secret } = keys.current;
  return signOurs(scheme, {
    secret: typeof secret === 'string' ? readFileSync(secret, 'utf8') : text,
    id,
    nowMs: NOW_MS,
    unsignedBase64: body.toString('base64'),
    url: url ?? '',
    target: target ?? '',
    parameters,
  });
}

/** ECDSA makes another signature each time. */
function verifiedByOpenssl(model: Model, { ours, theirs }: { ours: Signed; theirs: Written }): void {
  const path = String(model.keys.current.secret);
  const paths = { publicKey: `${path}.public`, signature: `${path}.signature` };
  const value = byName(ours.headers).find(([name]) => name === 'x-circle-signature')?.[1] ?? '';
  writeFileSync(paths.publicKey, model.keys.current.text);
  writeFileSync(paths.signature, Buffer.from(value, 'base64'));
  assert.ok(verifySha256(paths, theirs.signed));
  assert.ok(!verifySha256(paths, Buffer.concat([theirs.signed, Buffer.of(0)])));
}

/** Headers without the form's own, in an order of their own. */
function byName(headers: Signed['headers']): readonly (readonly [string, string])[] {
  return headers.map(([name, value]) => [name.toLowerCase(), value] as const).sort();
}
