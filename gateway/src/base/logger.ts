import { pino } from 'pino';
import type { Clock } from './clock.ts';
import { isoTime, systemClock } from './clock.ts';
import type { Log, LogFields } from './log.ts';
import { describeError } from './logger-error.ts';
import { prettyLine } from './logger-pretty.ts';
import { redactText } from './redact.ts';
import { Secret } from './secret.ts';

export const LOG_LEVELS = Object.freeze(['debug', 'info', 'warn', 'error', 'silent'] as const);
export const LOG_FORMATS = Object.freeze(['json', 'pretty'] as const);
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one line with its line end. Should neither throw nor block; see `openLogOutput`. */
  readonly write: (line: string) => void;
  /** Colours in the `pretty` format: off with `NO_COLOR` and without a terminal, which the caller knows. */
  readonly colour?: boolean;
  readonly clock?: Clock;
  readonly textCharactersMax?: number;
}

/** What a line may hold besides its time, level and message. Kept in step with `LogFields` by the compiler. */
export const LOG_FIELDS: Readonly<Record<keyof LogFields, 'text' | 'number' | 'error'>> = Object.freeze({
  request: 'text',
  environment: 'text',
  key: 'text',
  connection: 'text',
  endpoint: 'text',
  event: 'text',
  destination: 'text',
  delivery: 'text',
  platform: 'text',
  method: 'text',
  route: 'text',
  status: 'number',
  durationMs: 'number',
  address: 'text',
  code: 'text',
  reason: 'text',
  count: 'number',
  bytes: 'number',
  attempt: 'number',
  host: 'text',
  url: 'text',
  version: 'text',
  state: 'text',
  name: 'text',
  error: 'error',
});

/**
 * A logger that writes JSON lines or readable ones, and never throws.
 *
 * Fields that are not in {@link LOG_FIELDS} are dropped, a `Secret` shows as `[secret]`, every text passes the content
 * redactor, and of an error only class, code and redacted message are written (names of functions, too, at `debug`).
 *
 * @example const log = createLogger({ level: 'info', format: 'json', write: openLogOutput({ descriptor: 1 }).write });
 */
export function createLogger(options: LoggerOptions): Log {
  const { level, format, clock = systemClock, colour = false } = options;
  const redact = (text: string) =>
    redactText(
      text,
      options.textCharactersMax === undefined ? {} : { charactersMax: options.textCharactersMax },
    );
  const output = {
    write(line: string): void {
      options.write(format === 'json' ? line : prettyLine(line, { colour }));
    },
  };
  const sink = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${isoTime(clock.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );

  function writerOf(at: 'debug' | 'info' | 'warn' | 'error'): (message: string, fields?: LogFields) => void {
    return (message, fields) => {
      if (!sink.isLevelEnabled(at)) return;
      try {
        sink[at](fieldsOf(fields, { redact, withFrames: level === 'debug' }), redact(String(message)));
      } catch {
        // A line that can't be written must not fail what it tells of.
      }
    };
  }

  return Object.freeze({
    debug: writerOf('debug'),
    info: writerOf('info'),
    warn: writerOf('warn'),
    error: writerOf('error'),
  });
}

const kinds: ReadonlyMap<string, 'text' | 'number' | 'error'> = new Map(Object.entries(LOG_FIELDS));

interface FieldOptions {
  readonly redact: (text: string) => string;
  readonly withFrames: boolean;
}

function fieldsOf(fields: LogFields | undefined, options: FieldOptions): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields ?? {})) {
    const kind = kinds.get(name);
    if (kind === undefined || value === undefined) continue;
    const shown = shownValue(kind, value, options);
    if (shown !== null) out[name] = shown;
  }
  return out;
}

function shownValue(kind: 'text' | 'number' | 'error', value: unknown, options: FieldOptions): unknown {
  if (value instanceof Secret) return '[secret]';
  if (kind === 'error') return describeError(value, options);
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : null;
  return typeof value === 'string' ? options.redact(value) : null;
}
