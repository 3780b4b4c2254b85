// The host that is checked is the host that is called: an address that two parsers could read differently is refused.
// K8 U6 L4 P10 Q14 (HTTPS only), U13-A10. Trap "Calling out": literal addresses are checked apart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isTarget, parseOrigin, splitAddress } from './origin.ts';

test('canonical origins are taken apart', () => {
  const cases: readonly (readonly [string, string, number, number])[] = [
    ['https://api.example.com', 'api.example.com', 443, 0],
    ['https://api.example.com:8443', 'api.example.com', 8443, 0],
    ['https://localhost:1', 'localhost', 1, 0],
    ['https://xn--bcher-kva.example', 'xn--bcher-kva.example', 443, 0],
    ['https://1e100.net', '1e100.net', 443, 0],
    ['https://127.0.0.1:65535', '127.0.0.1', 65_535, 4],
    ['https://[2606:4700::1111]:8443', '2606:4700::1111', 8443, 6],
  ];
  for (const [text, host, port, family] of cases) {
    assert.deepEqual(parseOrigin(text), { ok: true, origin: { text, host, port, family } }, text);
  }
  const verdict = parseOrigin('https://api.example.com:443');
  assert.equal(
    verdict.ok && verdict.origin.text,
    'https://api.example.com',
    'the default port has one spelling',
  );
});

test('U13 every odd spelling of a host is refused', () => {
  for (const text of [
    'http://api.example.com',
    'HTTPS://api.example.com',
    '//api.example.com',
    'api.example.com',
    '',
    'https://',
    'https://API.example.com',
    'https://api.example.com.',
    'https://.example.com',
    'https://a..b',
    'https://-a.example',
    'https://a-.example',
    'https://a_b.example',
    'https://api.example.com/',
    'https://api.example.com?x',
    'https://api.example.com#x',
    'https://user@api.example.com',
    'https://user:pass@api.example.com',
    'https://api.example.com\\@evil.example',
    'https://api.example.com:',
    'https://api.example.com:0',
    'https://api.example.com:080',
    'https://api.example.com:65536',
    'https://api.example.com:99999',
    'https://api.example.com:+443',
    'https://api.example.com: 443',
    'https://a b.example',
    'https://127.1',
    'https://0x7f.1',
    'https://0x7f000001',
    'https://2130706433',
    'https://017700000001',
    'https://0177.0.0.1',
    'https://127.0.0.1.',
    'https://127.0.0.01',
    'https://127.0.0.0x1',
    'https://1.2.3',
    'https://1.2.3.4.5',
    'https://foo.0x7f',
    'https://foo.1',
    'https://[::ffff:127.0.0.1]',
    'https://[::127.0.0.1]',
    'https://[0:0:0:0:0:0:0:1]',
    'https://[::01]',
    'https://[::A]',
    'https://[fe80::1%eth0]',
    'https://[fe80::1%25eth0]',
    'https://[::1',
    'https://::1',
    'https://[127.0.0.1]',
    'https://[]',
    'https://[v1.x]',
    'https://１２７.0.0.1',
    'https://ⓛocalhost',
    'https://bücher.example',
    'https://api。example.com',
    'https://api%2eexample.com',
    'https://api.example.com\n',
    'https://api.example.com\0',
    'https://\tapi.example.com',
    `https://${'a'.repeat(64)}.example`,
    `https://${'a.'.repeat(127)}aa`,
    `https://${'a'.repeat(1_000_000)}`,
  ]) {
    assert.equal(parseOrigin(text).ok, false, JSON.stringify(text.slice(0, 80)));
  }
});

test('U13 whatever is accepted, the URL Standard reads as the same host and port', () => {
  const piece = fc.constantFrom(
    'a',
    'B',
    '0',
    '1',
    '7',
    'f',
    'x',
    '.',
    '-',
    ':',
    '[',
    ']',
    '%',
    '@',
    '/',
    '\\',
    '?',
    '#',
    '。',
    '１',
    '\n',
    '::',
    '127',
    '0x',
    'xn--',
    'example',
    'com',
    'localhost',
    'ffff',
    '443',
    '8443',
    'https://',
    ' ',
  );
  const near = fc.array(piece, { maxLength: 10 }).map((parts) => `https://${parts.join('')}`);
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        near,
        fc.webUrl({ validSchemes: ['https'] }),
        fc.string({ unit: 'binary' }).map((text) => `https://${text}`),
      ),
      (text) => {
        const verdict = parseOrigin(text);
        if (!verdict.ok) return;
        accepted += 1;
        const url = new URL(text);
        assert.equal(url.origin, verdict.origin.text);
        assert.equal(url.hostname.replace(/^\[|\]$/g, ''), verdict.origin.host);
        assert.equal(Number(url.port || '443'), verdict.origin.port);
        assert.equal(url.username + url.password + url.search + url.hash, '');
      },
    ),
    { numRuns: 20_000, seed: 26 },
  );
  assert.ok(accepted > 100, `${accepted} were accepted: the property must not be empty`);
});

test('an address is split without changing a byte of its target', () => {
  assert.deepEqual(split('https://api.example.com'), ['https://api.example.com', '/']);
  assert.deepEqual(split('https://api.example.com?a=%2e'), ['https://api.example.com', '/?a=%2e']);
  assert.deepEqual(split('https://api.example.com:8443/a/../b//c?d=/e?'), [
    'https://api.example.com:8443',
    '/a/../b//c?d=/e?',
  ]);
  for (const text of [
    'https://api.example.com/#x',
    'https://api.example.com/ x',
    'https://api.example.com/é',
    'https://api.example.com\\x',
    'http://api.example.com/',
    'https://user@api.example.com/',
    'https:///x',
    'https://api.example.com/\r\nx',
  ]) {
    assert.equal(splitAddress(text).ok, false, text);
  }
  assert.ok(!isTarget('x') && !isTarget('') && !isTarget('/\x7f') && !isTarget('*') && isTarget('/"\\%zz'));
});

function split(text: string): readonly [string, string] | null {
  const verdict = splitAddress(text);
  return verdict.ok ? [verdict.origin.text, verdict.target] : null;
}
