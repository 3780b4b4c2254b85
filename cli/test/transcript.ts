import assert from 'node:assert/strict';
import { type RunOptions, sallyport } from './session.ts';

/**
 * A transcript reads like a terminal session:
 *
 *     $ sallyport keys list          a command, run as it stands there
 *     < text                         its standard input, a line each
 *     ID  KIND                       stdout
 *     ! talk                         stderr
 *     ? 1                            the exit code, when it is not 0
 *     # …                            a remark
 *
 * `<id>`, `<time>`, `<digest>`, `<secret>`, `<number>` and `<url>` stand for what differs, `…` for the rest of a line,
 * and `<<name>>` in a command for what was remembered; `<id:name>` remembers. Runs of spaces are one.
 */
export async function playTranscript(
  text: string,
  options: RunOptions & { readonly memory?: Map<string, string> } = {},
): Promise<void> {
  const memory = options.memory ?? new Map<string, string>();
  for (const scene of scenesOf(text)) {
    const command = scene.command.replaceAll(/<<([\w-]+)>>/g, (_, name: string) => {
      const value = memory.get(name);
      assert.ok(value !== undefined, `nothing is remembered as ${name}`);
      return value;
    });
    const { code, stdout, stderr } = await sallyport(wordsOf(command), { ...options, input: scene.input });
    const shown = `$ sallyport ${command}\n${stdout}\n--- stderr\n${stderr}\n--- ${code}`;
    matchLines(stdout, scene.stdout, { memory, shown });
    matchLines(stderr, scene.stderr, { memory, shown });
    assert.equal(code, scene.code, shown);
    assert.doesNotMatch(stdout + stderr, /^\s+at .+[:(]\d+/m, `a stack was shown: ${shown}`);
  }
}

interface Scene {
  readonly command: string;
  input: string;
  readonly stdout: string[];
  readonly stderr: string[];
  code: number;
}

function scenesOf(text: string): Scene[] {
  const scenes: Scene[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    const started = /^\$ sallyport ?(.*)$/.exec(line);
    const scene = scenes.at(-1);
    if (started !== null)
      scenes.push({ command: started[1] ?? '', input: '', stdout: [], stderr: [], code: 0 });
    else if (scene === undefined) throw new Error(`before the first command: ${line}`);
    else if (line.startsWith('< ')) scene.input += `${line.slice(2)}\n`;
    else if (line.startsWith('! ')) scene.stderr.push(line.slice(2));
    else if (line.startsWith('? ')) scene.code = Number(line.slice(2));
    else scene.stdout.push(line);
  }
  return scenes;
}

function wordsOf(command: string): string[] {
  return (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
}

const PATTERNS: Readonly<Record<string, string>> = Object.freeze({
  id: '[a-z]{2,3}_[0-9a-z]{26}',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z',
  digest: '[0-9a-f]{64}',
  secret: '(?:(?:sk_[a-z]+|sgk)_syp_\\w+|whsec_[\\w+/=]+)',
  number: '\\d+',
  url: 'https://[\\w.:/-]+',
});

function matchLines(
  actual: string,
  expected: readonly string[],
  { memory, shown }: { memory: Map<string, string>; shown: string },
): void {
  const lines = actual
    .split('\n')
    .map(squeeze)
    .filter((line) => line !== '');
  assert.equal(
    lines.length,
    expected.length,
    `${expected.length} lines expected:\n${expected.join('\n')}\n\n${shown}`,
  );
  for (const [index, line] of lines.entries()) {
    const found = patternOf(squeeze(expected[index] ?? '')).exec(line);
    assert.ok(found !== null, `expected: ${expected[index]}\n     got: ${line}\n\n${shown}`);
    for (const [name, value] of Object.entries(found.groups ?? {}))
      memory.set(name.replaceAll('_', '-'), value);
  }
}

function patternOf(line: string): RegExp {
  const parts = line.split(/(<[a-z]+(?::[\w-]+)?>|…)/).map((part) => {
    if (part === '…') return '.*';
    const [, kind, name] = /^<([a-z]+)(?::([\w-]+))?>$/.exec(part) ?? [];
    const pattern = kind === undefined ? undefined : PATTERNS[kind];
    if (pattern === undefined) return RegExp.escape(part);
    return name === undefined ? pattern : `(?<${name.replaceAll('-', '_')}>${pattern})`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

function squeeze(line: string): string {
  return line.trim().replaceAll(/ +/g, ' ');
}
