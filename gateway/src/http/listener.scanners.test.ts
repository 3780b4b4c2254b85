// What scanners look for in a TLS listener, they don't find here. K8 U6 L4 P10 Q14. Debian: sslscan, testssl.sh.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { type GatewayProcess, withGatewayProcess } from '#test/gateway-process';
import { missingTool, runTool } from '#test/tool';

const finding = z.object({ id: z.string(), severity: z.string(), finding: z.string() });

/** What testssl says that is no finding about the listener, and why. Everything else must be OK or INFO. */
const EXPLAINED: Readonly<Record<string, string>> = {
  engine_problem: "about the machine's openssl, which has no engine for GOST",
  sessionresumption_ticket: "this version of testssl can't resume with OpenSSL 3; openssl itself can",
  cert_revocation: "the test's own authority publishes neither CRL nor OCSP",
};

const target = (gateway: GatewayProcess): string => `localhost:${new URL(gateway.url).port}`;

test('testssl: no finding', { skip: missingTool('testssl', 'openssl') }, async (t) => {
  const gateway = await withGatewayProcess(t, {});
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const [ca, json] = [join(directory, 'ca.pem'), join(directory, 'findings.json')];
  await writeFile(ca, gateway.ca);
  // Protocols, ciphers, forward secrecy, defaults, preferences, headers, vulnerabilities: all that it looks for but the
  // simulated clients.
  const checks = ['-p', '-s', '-f', '-S', '-P', '-h', '-U'];
  const quiet = [
    '--warnings',
    'off',
    '--color',
    '0',
    '--quiet',
    '-n',
    'none',
    '--add-ca',
    ca,
    '--jsonfile',
    json,
  ];
  const { output } = await runTool(t, ['testssl', ...quiet, ...checks, `https://${target(gateway)}/livez`]);
  gateway.assertAlive();
  const findings = z.array(finding).parse(JSON.parse(await readFile(json, 'utf8')));
  const ids = new Set(findings.map(({ id }) => id));
  for (const id of ['SSLv3', 'TLS1_2', 'TLS1_3', 'HSTS_time', 'heartbleed', 'ROBOT', 'cert_chain_of_trust'])
    assert.ok(ids.has(id), `${id} was not looked at: ${output}`);
  assert.deepEqual(
    findings.filter(({ id, severity }) => !(/^(?:OK|INFO)$/.test(severity) || Object.hasOwn(EXPLAINED, id))),
    [],
  );
});

test('sslscan: TLS 1.2 and 1.3, AEAD with ECDHE, and nothing else', {
  skip: missingTool('sslscan'),
}, async (t) => {
  const gateway = await withGatewayProcess(t, {});
  const { code, output } = await runTool(t, ['sslscan', '--ipv4', '--no-colour', target(gateway)]);
  gateway.assertAlive();
  assert.equal(code, 0, output);
  const state = (name: string): string | undefined => new RegExp(`^${name} +(\\w+)`, 'm').exec(output)?.[1];
  for (const version of ['SSLv2', 'SSLv3', String.raw`TLSv1\.0`, String.raw`TLSv1\.1`])
    assert.equal(state(version), 'disabled', output);
  for (const version of [String.raw`TLSv1\.2`, String.raw`TLSv1\.3`])
    assert.equal(state(version), 'enabled', output);
  assert.match(output, /Server supports TLS Fallback SCSV/);
  assert.match(output, /Session renegotiation not supported/);
  assert.doesNotMatch(output, /(?<!not )vulnerable to heartbleed|Compression enabled/i);
  const ciphers = [...output.matchAll(/^(?:Preferred|Accepted) +TLSv1\.[23] +(\d+) bits +(\S+)/gm)];
  assert.ok(ciphers.length >= 6, output);
  for (const [, bits, name = ''] of ciphers) {
    assert.ok(Number(bits) >= 128);
    assert.match(name, /^(?:TLS_|ECDHE-).*(?:GCM|CHACHA20)/);
  }
});
