// What the README shows runs, and prints what it says; and it names every scheme.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runExamples } from '../test/run-examples.ts';
import * as everything from './index.ts';

const readme = new URL('../README.md', import.meta.url);

test('the examples of the README', () => {
  const [verifying, asking, requests] = runExamples(readme);
  assert.equal(verifying, 'current evt_1\n');
  assert.match(asking ?? '', /^generic: signature-mismatch\. The signature fits none of the secrets/);
  assert.match(asking ?? '', /\nSigned: \{t\}\.\{body\}\n$/);
  assert.equal(requests, 'holder of key_1 32\n');
});

test('every scheme is named in the README once, and every export that webhooks need', () => {
  const text = readFileSync(readme, 'utf8');
  const table = text.slice(0, text.indexOf('| export |'));
  for (const name of Object.keys(everything.SCHEMES))
    assert.equal(table.split(`\`${name}\``).length, 2, name);
  const others = /request|contentDigest|parsePrivateKey|parsePublicKey|SchemeFault/i;
  for (const name of Object.keys(everything).filter((each) => !others.test(each)))
    assert.ok(text.includes(`\`${name}\``), name);
});
