// What the README shows runs, and prints what it says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runExamples } from '../test/run-examples.ts';

test('the examples of the README', () => {
  const [verifying, asking, requests] = runExamples(new URL('../README.md', import.meta.url));
  assert.equal(verifying, 'current evt_1\n');
  assert.match(asking ?? '', /^koywe: signature-mismatch\. The signature fits none of the secrets/);
  assert.equal(requests, 'holder of key_1 32\n');
});
