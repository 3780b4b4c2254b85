// A secret that was written anywhere under the run directory is found in each form it can take, and its value is never named.
// Guarantee 2 of the design: no secret, card number or personal datum in any log, error or page.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { canaryNames, canaryValue } from './canaries.ts';
import { checkLeaks } from './check.ts';
import { formsOf } from './forms.ts';
import { prepareNeedles } from './needles.ts';
import { search } from './search.ts';

const secret = 'a+b/c="Ünï"-0123456789';
const values = new Map([['sample', secret]]);

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'search-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

const disguises: readonly (readonly [string, Buffer])[] = [
  ['raw', Buffer.from(`before ${secret} after`)],
  ['in JSON', Buffer.from(JSON.stringify({ a: [secret] }))],
  ['in a URL', Buffer.from(`https://host/?q=${encodeURIComponent(secret)}`)],
  ['in hexadecimal', Buffer.from(Buffer.from(`xy${secret}z`).toString('hex'))],
  ['in capital hexadecimal', Buffer.from(Buffer.from(secret).toString('hex').toUpperCase())],
  ...[0, 1, 2].map((shift) => {
    const text = Buffer.from(`${'p'.repeat(shift)}${secret}tail`).toString('base64');
    return [`in base64 behind ${shift} bytes`, Buffer.from(text)] as const;
  }),
  ['in base64url', Buffer.from(Buffer.from(`{"a":"${secret}"}`).toString('base64url'))],
  ['in UTF-16 LE', Buffer.from(`x${secret}`, 'utf16le')],
  ['in UTF-16 BE', Buffer.from(`x${secret}`, 'utf16le').swap16()],
];

for (const [name, content] of disguises) {
  test(`a secret ${name} is found`, async (t) => {
    const directory = await folder(t);
    await mkdir(join(directory, 'deep', 'down'), { recursive: true });
    await writeFile(join(directory, 'deep', 'down', 'page'), content);
    const { leaks } = await search({ directory, values });
    assert.ok(leaks.length > 0);
    assert.equal(leaks[0]?.file, 'deep/down/page');
    assert.equal(leaks[0]?.canary, 'sample');
  });
}

test('a card number in groups of four is found', async (t) => {
  const directory = await folder(t);
  await writeFile(join(directory, 'a'), '4929 1173 5804 6623');
  await writeFile(join(directory, 'b'), '4929-1173-5804-6623');
  const { leaks } = await search({ directory, values: new Map([['card', '4929117358046623']]) });
  assert.deepEqual(leaks.map(({ file }) => file).toSorted(), ['a', 'b']);
});

test('a secret is found wherever the border of two chunks cuts it, once, and its offset is right', async (t) => {
  const directory = await folder(t);
  const longest = Math.max(...formsOf(secret).map(({ bytes }) => bytes.length));
  const length = Buffer.byteLength(secret);
  for (let before = 0; before <= length; before += 1) {
    const start = longest + (1 << 20) - before;
    const content = Buffer.alloc((5 << 19) + before, 0x20);
    content.write(secret, start);
    await writeFile(join(directory, 'log'), content);
    const { leaks, bytes } = await search({ directory, values });
    assert.deepEqual(leaks, [{ file: 'log', offset: start + length, canary: 'sample', form: 'raw' }]);
    assert.equal(bytes, content.length);
  }
});

test('several threads find what one finds', async (t) => {
  const directory = await folder(t);
  for (let index = 0; index < 600; index += 1)
    await writeFile(join(directory, String(index)), index % 7 === 0 ? secret : 'nothing');
  const one = await search({ directory, values, threads: 1 });
  const three = await search({ directory, values, threads: 3 });
  const byFile = (leaks: typeof one.leaks) => leaks.toSorted((a, b) => Number(a.file) - Number(b.file));
  assert.equal(one.leaks.length, 86);
  assert.deepEqual(byFile(three.leaks), byFile(one.leaks));
  assert.deepEqual([three.files, three.bytes], [one.files, one.bytes]);
});

test('files without it, and what a test gives as input, raise nothing', async (t) => {
  const directory = await folder(t);
  await mkdir(join(directory, 'inputs'));
  await writeFile(join(directory, 'inputs', 'secret'), secret);
  await writeFile(join(directory, 'log'), secret.slice(0, -1));
  const result = await search({ directory, values });
  assert.deepEqual(result.leaks, []);
  assert.equal(result.files, 1);
});

test('the pages that an embedded server keeps elsewhere are searched as well', async (t) => {
  const directory = await folder(t);
  const home = await folder(t);
  await writeFile(join(directory, 'location.json'), JSON.stringify({ home, socket: null }));
  await writeFile(join(home, 'page'), secret);
  const { leaks } = await search({ directory, values });
  assert.deepEqual(
    leaks.map(({ file }) => file),
    [`location.json -> ${home}/page`],
  );
});

test('what a test has closed to its own user is searched as well', async (t) => {
  const directory = await folder(t);
  await mkdir(join(directory, 'closed'));
  await writeFile(join(directory, 'closed', 'log'), secret, { mode: 0o000 });
  await chmod(join(directory, 'closed'), 0o000);
  assert.equal((await search({ directory, values })).leaks.length, 1);
});

test('the needles are found where indexOf finds them, also where they overlap', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 9 });
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), size: 'large' }),
      (needles, text) => {
        const found = new Set<string>();
        prepareNeedles(needles.map((needle) => Buffer.from(needle))).search(
          Buffer.from(text),
          (needle, end) => found.add(`${needle}@${end}`),
        );
        const expected = new Set<string>();
        for (const [index, needle] of needles.entries()) {
          for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1))
            expected.add(`${index}@${at + needle.length}`);
        }
        assert.deepEqual([...found].toSorted(), [...expected].toSorted());
      },
    ),
    { seed: 20_261_122, numRuns: 500 },
  );
});

test('the check fails on a leak, names the canary and not the value', async (t) => {
  const directory = await folder(t);
  await writeFile(join(directory, 'gateway.log'), `{"msg":"${canaryValue('platformSecret')}"}`);
  const outcome = await checkLeaks({ directory, whole: true });
  const failed = outcome.results.filter(({ state }) => state === 'failed');
  assert.equal(failed.length, 1);
  assert.match(failed[0]?.details ?? '', /gateway\.log, byte \d+: canary platformSecret, raw/);
  assert.ok(!JSON.stringify(outcome).includes(canaryValue('platformSecret')));
});

test('the check passes once canaries were planted and none is found, and says when none was', async (t) => {
  const directory = await folder(t);
  const before = await checkLeaks({ directory, whole: true });
  assert.deepEqual(
    before.results.map(({ state }) => state),
    ['passed', 'skipped'],
  );
  await mkdir(join(directory, 'planted'));
  await writeFile(join(directory, 'planted', 'email'), '');
  const after = await checkLeaks({ directory, whole: true });
  assert.deepEqual(
    after.results.map(({ state }) => state),
    ['passed', 'passed'],
  );
});

test('the canaries are valid in form and at least eleven characters long', () => {
  const luhn = [...canaryValue('cardNumber')].reverse().reduce((sum, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return sum + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  assert.equal(luhn % 10, 0);
  const iban = canaryValue('iban');
  const digits = [...(iban.slice(4) + iban.slice(0, 4))].map((unit) => Number.parseInt(unit, 36)).join('');
  assert.equal(BigInt(digits) % 97n, 1n);
  for (const name of canaryNames) {
    assert.ok(canaryValue(name).length >= 11, name);
    assert.ok(formsOf(canaryValue(name)).length >= 8, name);
  }
});
