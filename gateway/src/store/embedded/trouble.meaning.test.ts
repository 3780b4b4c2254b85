// What the server writes becomes a sentence that says what to do; nothing that it wrote comes out. Its log is bounded.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLogFile } from './log-file.ts';
import { embeddedFailed } from './trouble.ts';

const cases: readonly (readonly [string, RegExp])[] = [
  ['initdb: error: could not write file "x": No space left on device', /disk is full/],
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', /disk is full/],
  ['FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes at block 9', /disk is full/],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', /not enough memory/],
  ['PANIC:  could not locate a valid checkpoint record', /damaged/],
  ['FATAL:  incorrect checksum in control file', /damaged/],
  ['FATAL:  "x" is not a valid data directory', /damaged/],
  ['FATAL:  database files are incompatible with server', /another version/],
  ['postgres: error while loading shared libraries: libicuuc.so.60: cannot open', /library/],
  ['FATAL:  could not remove old lock file "postmaster.pid": Read-only file system', /read-only/],
  ['something else entirely', /its log/],
];

for (const [output, expected] of cases) {
  test(`"${output.slice(0, 60)}" has a meaning`, () => {
    const fault = embeddedFailed({ output });
    assert.equal(fault.code, 'EMBEDDED_FAILED');
    assert.match(fault.detail, expected);
    assert.ok(!fault.detail.includes(output));
  });
}

test('a system error has a meaning as well', () => {
  const cause = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  assert.match(embeddedFailed({ detail: 'Otherwise.', cause }).detail, /disk is full/);
  assert.match(embeddedFailed({ detail: 'Otherwise.', cause: new Error('other') }).detail, /Otherwise/);
});

test('the log keeps to its size, and its end is at hand', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-log-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = openLogFile(directory);
  for (let line = 0; line < 5_000; line += 1) file.write(Buffer.from(`${line} ${'x'.repeat(1_000)}\n`));
  for (const name of ['postgres.log', 'postgres.log.1']) {
    assert.ok(statSync(join(directory, name)).size <= 1_048_576, name);
  }
  assert.match(file.tail(), /4999 x+\n$/);
  openLogFile(join(directory, 'missing')).write(Buffer.from('lost'));
});
