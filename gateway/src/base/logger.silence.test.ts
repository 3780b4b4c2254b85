// A log line holds only fields of the allowlist, no secret, and no more of an error than class, code and redacted
// message; logging never throws, never blocks, and outlives its reader. Practices: K1 K11 K13 K19 U14 Q7 L11.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { Fault } from './fault.ts';
import type { LogFields } from './log.ts';
import { createLogger, LOG_FIELDS, type LoggerOptions } from './logger.ts';
import { Secret } from './secret.ts';

const run = promisify(execFile);
const clock = { now: () => 1_769_900_399_000, monotonic: () => 0 };

function collect(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({
    level: 'info',
    format: 'json',
    clock,
    write: (line) => void lines.push(line),
    ...options,
  });
  return { log, lines, parsed: (): unknown[] => lines.map((line) => JSON.parse(line)) };
}

/** Fields as they arrive from code that the compiler did not see. */
function fields(values: object): LogFields {
  return values;
}

test('a line is one JSON object: level, ISO time, fields, message (K13)', () => {
  const { log, parsed } = collect();
  log.info('Stored.', { event: 'evt_1', count: 3, durationMs: 1.5 });
  assert.deepEqual(parsed(), [
    {
      level: 'info',
      time: '2026-01-31T22:59:59.000Z',
      event: 'evt_1',
      count: 3,
      durationMs: 1.5,
      message: 'Stored.',
    },
  ]);
});

test('fields outside the allowlist and of the wrong type are dropped at run time (trap: log by an allowlist)', () => {
  const { log, parsed } = collect();
  log.info(
    'x',
    fields({
      password: 'hunter2',
      headers: { authorization: 'x' },
      count: 'many',
      event: { id: 1 },
      bytes: Number.NaN,
      level: 'fatal',
      time: 0,
      constructor: 'x',
    }),
  );
  assert.deepEqual(parsed(), [{ level: 'info', time: '2026-01-31T22:59:59.000Z', message: 'x' }]);
});

test('every text field, the message and every error message pass the redactor (K11 K13 Q7)', () => {
  const canary = 'sk_live_syp_ZfQkq9z7m2v8x1c4b6n5a7s9d2f4g6h8j0k1l3';
  for (const format of ['json', 'pretty'] as const) {
    const { log, lines } = collect({ format, level: 'debug' });
    log.error(`failed with ${canary}`);
    for (const [name, kind] of Object.entries(LOG_FIELDS)) {
      if (kind === 'text') log.error('x', fields({ [name]: `a ${canary}` }));
    }
    log.error('x', { error: new Error(canary, { cause: new TypeError('y', { cause: canary }) }) });
    log.error('x', {
      error: Object.assign(new Error('z'), {
        code: canary,
        detail: canary,
        headers: { authorization: canary },
      }),
    });
    log.error('x', { error: canary });
    log.error('x', { error: { password: canary } });
    assert.ok(lines.length > 20);
    assert.ok(!lines.join('').includes(canary.slice(0, 20)));
  }
});

test('a Secret shows as [secret], wherever it stands (K1)', () => {
  const { log, lines } = collect();
  const secret = Secret.fromText('a-very-private-value');
  log.info(String(secret), fields({ key: secret, error: secret, count: secret }));
  log.error('x', { error: new Error('y', { cause: secret }) });
  assert.ok(!lines.join('').includes('very-private'));
  assert.match(lines[0] ?? '', /"key":"\[secret\]"/);
});

test('an error gives class, code and message, with its causes; function names only at debug, files never (K19)', () => {
  const error = new Fault('STORE_UNAVAILABLE', {
    cause: Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' }),
  });
  const info = collect();
  info.log.error('x', { error });
  assert.deepEqual(info.parsed(), [
    {
      level: 'error',
      time: '2026-01-31T22:59:59.000Z',
      error: {
        class: 'Fault',
        code: 'STORE_UNAVAILABLE',
        message: error.message,
        cause: { class: 'TypeError', code: 'ECONNREFUSED', message: 'refused' },
      },
      message: 'x',
    },
  ]);
  const debug = collect({ level: 'debug' });
  debug.log.error('x', { error });
  assert.match(debug.lines[0] ?? '', /"frames":\[/);
  assert.doesNotMatch(debug.lines[0] ?? '', /\.ts|node:|\/gateway\//);
});

test('causes are followed three deep, also in a circle', () => {
  const error = new Error('round');
  error.cause = error;
  const { log, lines } = collect();
  log.error('x', { error });
  assert.equal(lines[0]?.match(/round/g)?.length, 4);
});

test('levels filter', () => {
  const { log, lines } = collect({ level: 'warn' });
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  assert.equal(lines.length, 2);
  const silent = collect({ level: 'silent' });
  silent.log.error('a');
  assert.equal(silent.lines.length, 0);
});

test('logging never throws, whatever it is given (invariant 9)', () => {
  const { log } = collect({ level: 'debug' });
  fc.assert(
    fc.property(
      fc.anything(),
      fc.dictionary(fc.constantFrom(...Object.keys(LOG_FIELDS)), fc.anything()),
      (error, values) => {
        log.info('x', fields({ ...values, error }));
      },
    ),
    { seed: 7, numRuns: 500 },
  );
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no');
    },
  });
  log.info('x', { error: hostile });
  log.info(
    'x',
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    ),
  );
  collect({
    write: () => {
      throw new Error('EPIPE');
    },
  }).log.error('x');
  collect({
    format: 'pretty',
    write: () => {
      throw new Error('EPIPE');
    },
  }).log.error('x');
});

test('the readable format is one line, with time, level, message and fields; colours only when asked for', () => {
  const plain = collect({ format: 'pretty' });
  plain.log.warn('Slow.', { name: 'two words', route: '/in', error: new Error('x') });
  assert.deepEqual(plain.lines, ['22:59:59.000 warn  Slow. name="two words" route=/in error=Error: "x"\n']);
  const coloured = collect({ format: 'pretty', colour: true });
  coloured.log.warn('Slow.');
  assert.ok(coloured.lines[0]?.includes('\u001b[33m'));
});

test('what a stranger sends can neither begin a new line nor steer the terminal (log injection)', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          'a',
          '\n',
          '\r',
          '\u001b',
          '[31m',
          '\u009b',
          '\u2028',
          '\u202e',
          '"',
          ' ',
          '\u0000',
        ),
      }),
      (received) => {
        for (const format of ['json', 'pretty'] as const) {
          const { log, lines } = collect({ format });
          log.info(received, { name: received, error: new Error(received) });
          assert.equal(lines.length, 1);
          assert.equal(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1);
          assert.doesNotMatch(
            lines[0]?.slice(0, -1) ?? '',
            format === 'json' ? /[\n\r]/ : /[\p{Cc}\u2028\u202e]/u,
          );
        }
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});

test('closing writes what is queued and then takes no more', async () => {
  const script = `
    const { createLogger, openLogOutput } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
    const output = openLogOutput({ descriptor: 1 });
    for (let index = 0; index < 1000; index++) output.write('line ' + index + '\\n');
    await output.close();
    output.write('too late\\n');
    process.exit(0);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
  assert.equal(stdout, Array.from({ length: 1_000 }, (_, index) => `line ${index}\n`).join(''));
});

test('a reader that goes away does not end the process', async () => {
  const script = `
    const { createLogger, openLogOutput } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
    const output = openLogOutput({ descriptor: 1 });
    const log = createLogger({ level: 'info', format: 'json', write: output.write });
    let lines = 0;
    const timer = setInterval(() => {
      for (let index = 0; index < 100; index++) log.info('still here', { count: lines++ });
      if (output.dropped() > 200) {
        clearInterval(timer);
        output.close().then(() => process.stderr.write('lived on\\n'));
      }
    }, 1);`;
  const { stderr } = await run(
    'sh',
    ['-c', '"$0" --input-type=module -e "$1" | head -n 1 > /dev/null', process.execPath, script],
    { timeout: 60_000 },
  );
  assert.equal(stderr, 'lived on\n');
});

test('a reader that does not read costs lines, not time or memory beyond the limit (invariant 7)', async () => {
  const script = `
    const { createLogger, openLogOutput } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
    const output = openLogOutput({ descriptor: 1, queueBytesMax: 65536 });
    const log = createLogger({ level: 'info', format: 'json', write: output.write });
    const line = 'nobody reads this line, which is about eighty characters long, or so it seems';
    for (let index = 0; index < 5000; index++) log.info(line);
    setImmediate(() => {
      process.stderr.write(output.dropped() > 1000 ? 'dropped\\n' : 'kept\\n');
      process.kill(process.pid, 'SIGKILL'); // the write under way would wait for the reader
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pause(); // 64 KiB fit into the pipe; nobody takes them out
  const said = await text(child.stderr);
  assert.equal(said, 'dropped\n');
});
