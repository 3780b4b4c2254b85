// Whoever calls a command wrongly is told so with exit code 2 and a remedy; every command has --json and --help.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { commandDocument } from '../test/command-document.ts';
import { sallyport, withFolder } from '../test/session.ts';
import { SIGNER_ALGORITHMS, SIGNER_SCHEMES } from './commands/signers.ts';
import { createProgram } from './main.ts';

function leaves(
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((inner) => leaves(inner, [...path, inner.name()]));
}

test('the commands are those of the design, and each has --json', () => {
  const program = createProgram();
  assert.deepEqual(
    program.commands.map((command) => command.name()),
    [
      'dev',
      'up',
      'migrate',
      'doctor',
      'config',
      'environments',
      'keys',
      'signers',
      'connections',
      'endpoints',
      'destinations',
      'deliveries',
      'events',
      'schemes',
      'listen',
      'audit',
    ],
  );
  for (const { path, command } of leaves(program)) {
    assert.ok(
      command.options.some(({ long }) => long === '--json'),
      path.join(' '),
    );
    assert.ok(command.description().length > 10, path.join(' '));
  }
});

test('the schemes and algorithms of signers are those that the gateway takes', () => {
  const document = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
    components: { schemas: { Signer: { properties: Record<string, { enum?: string[] }> } } };
  };
  const { scheme, algorithm } = document.components.schemas.Signer.properties;
  assert.deepEqual([...SIGNER_SCHEMES].sort(), scheme?.enum?.toSorted());
  assert.deepEqual(SIGNER_ALGORITHMS, algorithm?.enum);
});

test('K1 no option takes a secret', () => {
  for (const { path, command } of leaves(createProgram())) {
    for (const { flags } of command.options) {
      assert.doesNotMatch(
        flags,
        /--(?:secret|password|token|key|credential) </,
        `${path.join(' ')} ${flags}`,
      );
    }
  }
});

test('an unknown option, and one argument too many, are refused by every command', async () => {
  for (const { path } of leaves(createProgram())) {
    const wrong = createProgram().parseAsync([...path, '--no-such-option'], { from: 'user' });
    await assert.rejects(wrong, { code: /^commander\.(?:unknownOption|missing\w+)$/ }, path.join(' '));
    const tooMany = createProgram().parseAsync([...path, 'a', 'b', 'c'], { from: 'user' });
    await assert.rejects(tooMany, { code: /^commander\.(?:excessArguments|missing\w+)$/ }, path.join(' '));
  }
});

test('a wrong call ends with 2 and a remedy, and with --json as a document', async (t) => {
  const cwd = await withFolder(t);
  const wrong = [
    [],
    ['nosuch'],
    ['keys', 'nosuch', '--json'],
    ['keys', 'list', '--no-such-option', '--json'],
    ['dev', 'extra'],
    ['dev', '--port', '65536'],
  ];
  for (const args of wrong) {
    const { code, stdout, stderr } = await sallyport(args, { cwd });
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /^\nsallyport: .+ \[USAGE\]\n {2}(?:Add --help|See `sallyport)/, args.join(' '));
    assert.doesNotMatch(stderr, /\n\s+at /);
    if (args.includes('--json')) assert.match(stdout, /^\{"error":\{"code":"USAGE",/);
    else assert.equal(stdout, '');
  }
});

test('K1 a key given as an argument is not repeated', async (t) => {
  const { code, stderr } = await sallyport(
    ['keys', 'revoke', 'a', 'sk_live_syp_0123456789abcdefghijklmnopqrstuvwx'],
    {
      cwd: await withFolder(t),
    },
  );
  assert.equal(code, 2);
  assert.match(stderr, /\[secret\]/);
  assert.doesNotMatch(stderr, /0123456789/);
});

test('without a gateway a remote command says how to name one', async (t) => {
  const { code, stdout, stderr } = await sallyport(['keys', 'list', '--json'], { cwd: await withFolder(t) });
  assert.equal(code, 1);
  assert.match(stdout, /"code":"NO_GATEWAY"/);
  assert.match(stderr, /SALLYPORT_URL/);
});

test('a variable that is not known is refused with the one that was meant', async (t) => {
  const { code, stderr } = await sallyport(['config', 'explain'], {
    cwd: await withFolder(t),
    env: { SALLYPORT_LISTEN_PROT: '1' },
  });
  assert.equal(code, 1);
  assert.match(stderr, /CONFIG_INVALID/);
  assert.match(stderr, /SALLYPORT_LISTEN_PROT: is not a setting; did you mean SALLYPORT_LISTEN_PORT\?/);
});

test('an older Node is told what is needed', { skip: !existsSync('/usr/bin/node') }, () => {
  const program = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));
  const { status, stderr, stdout } = spawnSync('/usr/bin/node', [program, 'keys', 'list', '--json'], {
    encoding: 'utf8',
  });
  const version = spawnSync('/usr/bin/node', ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout;
  if (Number(version.split('.')[0]) >= 25) return;
  assert.equal(status, 1);
  assert.match(stderr, /Sallyport needs Node 24\.12 or newer; this is .+ \[NODE_TOO_OLD\]/);
  assert.match(stdout, /^\{"error":\{"code":"NODE_TOO_OLD"/);
});

test('docs/cli.md shows every command as it is', () => {
  const document = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const wanted = commandDocument();
  const [, generated] = /<!-- commands:start -->\n([\s\S]*)<!-- commands:end -->/.exec(document) ?? [];
  assert.equal(generated, wanted, 'run: node cli/test/command-document.ts');
});
