// Private and loopback addresses are called only for a declared host; metadata services and our own listeners never.
// U13-A10, K14. Trap "Calling out": metadata hosts, our own listeners.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#base';
import { type Admission, type AdmissionOptions, createAdmission } from './admission.ts';
import { type Origin, parseOrigin } from './origin.ts';

function admission(options: Partial<AdmissionOptions> = {}): Admission {
  return createAdmission({ declaredHosts: [], ownAddresses: () => [], ...options });
}

function origin(text: string): Origin {
  const verdict = parseOrigin(text);
  assert.ok(verdict.ok, text);
  return verdict.origin;
}

test('U13 a public address is called, a private one is not', () => {
  assert.deepEqual(admission().address(origin('https://a.example'), '93.184.216.34'), { ok: true });
  assert.deepEqual(admission().address(origin('https://a.example'), '10.0.0.1'), {
    ok: false,
    reason: 'private',
  });
  assert.deepEqual(admission().address(origin('https://a.example'), 'fe80::1%eth0'), {
    ok: false,
    reason: 'not an address',
  });
});

test('U13 a declared host may be private or loopback: that host and that port exactly', () => {
  const declared = admission({ declaredHosts: ['a.example', 'b.example:8443', '10.0.0.9', '[::1]:9'] });
  const accepts = (text: string, address: string): boolean => declared.address(origin(text), address).ok;
  assert.ok(
    accepts('https://a.example', '10.0.0.1') &&
      accepts('https://a.example:1', '127.0.0.1') &&
      accepts('https://a.example', 'fd12::1'),
  );
  assert.ok(accepts('https://b.example:8443', '192.168.0.1') && !accepts('https://b.example', '192.168.0.1'));
  assert.ok(!accepts('https://x.a.example', '10.0.0.1') && !accepts('https://a.example.com', '10.0.0.1'));
  assert.ok(accepts('https://10.0.0.9', '10.0.0.9') && !accepts('https://10.0.0.8', '10.0.0.8'));
  assert.ok(accepts('https://[::1]:9', '::1') && !accepts('https://[::1]:10', '::1'));
});

test('U13 a declared host is never link-local, metadata, mapped, NAT64 or multicast', () => {
  const declared = admission({ declaredHosts: ['a.example'] });
  for (const address of [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.1.1',
    '100.100.100.200',
    '168.63.129.16',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '224.0.0.1',
    '0.0.0.0',
    '::',
    '255.255.255.255',
  ]) {
    assert.equal(declared.address(origin('https://a.example'), address).ok, false, address);
  }
});

test('U13 metadata hosts are refused by name, declared or not', () => {
  const declared = admission({ declaredHosts: ['metadata.google.internal'] });
  assert.deepEqual(declared.host(origin('https://metadata.google.internal')), {
    ok: false,
    reason: 'metadata',
  });
  assert.deepEqual(declared.host(origin('https://a.example')), { ok: true });
});

test('our own listeners are refused although declared, by address and port', () => {
  const own = admission({
    declaredHosts: ['a.example'],
    ownAddresses: () => [
      { address: '127.0.0.1', port: 8443 },
      { address: '::1', port: 9 },
    ],
  });
  assert.deepEqual(own.address(origin('https://a.example:8443'), '127.0.0.1'), {
    ok: false,
    reason: 'our own listener',
  });
  assert.deepEqual(own.address(origin('https://a.example:9'), '::1'), {
    ok: false,
    reason: 'our own listener',
  });
  assert.ok(own.address(origin('https://a.example:8444'), '127.0.0.1').ok);
});

test('a listener on every address is refused on each address of this machine, public ones included', () => {
  for (const address of ['0.0.0.0', '::', 'unreadable']) {
    const own = admission({
      declaredHosts: ['a.example'],
      ownAddresses: () => [{ address, port: 8443 }],
      machineAddresses: () => ['127.0.0.1', '10.0.0.5', '93.184.216.34', '2606:4700::1'],
    });
    for (const target of ['127.0.0.1', '127.9.9.9', '::1', '10.0.0.5', '93.184.216.34', '2606:4700::1']) {
      assert.deepEqual(
        own.address(origin('https://a.example:8443'), target),
        { ok: false, reason: 'our own listener' },
        target,
      );
    }
    assert.ok(own.address(origin('https://a.example:8443'), '10.0.0.6').ok);
    assert.ok(own.address(origin('https://a.example'), '10.0.0.5').ok);
  }
});

test('a declared host that is not canonical refuses the start', () => {
  for (const entry of [
    'A.example',
    'a.example.',
    'https://a.example',
    'a.example/',
    '*.example',
    '127.1',
    '::1',
    'a.example:0',
    '',
    '10.0.0.0/8',
  ]) {
    assert.throws(
      () => admission({ declaredHosts: [entry] }),
      (error) => error instanceof Fault && error.code === 'CONFIG_INVALID',
      entry,
    );
  }
});
