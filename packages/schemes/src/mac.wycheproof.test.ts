// The HMACs are those of the standard: every Wycheproof vector comes out as it says. K7 U8 U11.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { list, number, record, text } from '../test/vector-file.ts';
import { computeMac, macsEqual } from './mac.ts';
import type { MacAlgorithm } from './scheme.ts';

const folder = process.env.SALLYPORT_VECTORS;
const skip = folder === undefined ? 'SALLYPORT_VECTORS names no folder with wycheproof/ in it' : false;
const algorithms: readonly MacAlgorithm[] = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'];

for (const algorithm of algorithms) {
  test(`Wycheproof ${algorithm}`, { skip }, () => {
    const path = join(folder ?? '', 'wycheproof', `${algorithm.replace('-', '_')}_test.json`);
    const file = record(JSON.parse(readFileSync(path, 'utf8')));
    let tested = 0;
    for (const group of list(file.testGroups).map(record)) {
      for (const vector of list(group.tests).map(record)) {
        const [secret, content, tag] = [vector.key, vector.msg, vector.tag].map((hex) =>
          Buffer.from(text(hex), 'hex'),
        );
        assert.ok(secret && content && tag);
        const mac = computeMac({ algorithm, secret, chunks: [content] });
        // Truncated tags are right as far as they go, and a whole MAC is what is asked for: none of them is equal.
        const isWhole = number(group.tagSize) === mac.length * 8;
        const isRight = text(vector.result) === 'valid';
        assert.equal(macsEqual(mac, tag), isWhole && isRight, `test ${number(vector.tcId)}`);
        assert.equal(
          macsEqual(mac.subarray(0, tag.length), tag),
          isRight,
          `test ${number(vector.tcId)}, truncated`,
        );
        tested += 1;
      }
    }
    assert.equal(tested, number(file.numberOfTests));
    assert.ok(tested > 0);
  });
}
