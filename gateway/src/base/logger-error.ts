import { Secret } from './secret.ts';

const CAUSES_MAX = 3;
const FRAMES_MAX = 12;
const NAME = /^[A-Za-z_$][\w$.]{0,63}$/;
const CODE = /^[\w.-]{1,64}$/;

/** What is written of an error. */
export interface ErrorDescription {
  readonly class: string;
  readonly code?: string;
  readonly message: string;
  readonly frames?: readonly string[];
  readonly cause?: ErrorDescription;
}

/**
 * An error for the log: class, code, redacted message, and its causes, at most three deep. Never its own fields, which
 * hold rows, addresses and payloads; never paths. Function names only with `withFrames`. Never throws.
 */
export function describeError(
  thrown: unknown,
  options: { redact: (text: string) => string; withFrames: boolean; depth?: number },
): ErrorDescription {
  const depth = options.depth ?? 0;
  try {
    if (!(thrown instanceof Error))
      return { class: typeof thrown, message: options.redact(plainText(thrown)) };
    const code: unknown = 'code' in thrown ? thrown.code : undefined;
    const cause: unknown = thrown.cause;
    return {
      class: matching(NAME, thrown.constructor.name) ?? 'Error',
      ...(matching(CODE, code) === null ? {} : { code: options.redact(String(code)) }),
      message: options.redact(String(thrown.message)),
      ...(options.withFrames ? { frames: functionNames(thrown.stack) } : {}),
      ...(cause === undefined || depth >= CAUSES_MAX
        ? {}
        : { cause: describeError(cause, { ...options, depth: depth + 1 }) }),
    };
  } catch {
    return { class: 'Error', message: '[unreadable]' };
  }
}

/** The names of the functions of a stack, innermost first, without files and places. */
export function functionNames(stack: unknown): string[] {
  if (typeof stack !== 'string') return [];
  const names: string[] = [];
  for (const line of stack.slice(0, 8_192).split('\n')) {
    const name = /^ {4}at (?:async |new )*([A-Za-z_$][\w$.]{0,63}) \(/.exec(line)?.[1];
    if (name !== undefined && names.length < FRAMES_MAX) names.push(name);
  }
  return names;
}

function plainText(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (thrown instanceof Secret) return '[secret]';
  return typeof thrown === 'number' || typeof thrown === 'boolean' ? String(thrown) : '[not an error]';
}

function matching(pattern: RegExp, value: unknown): string | null {
  return typeof value === 'string' && pattern.test(value) ? value : null;
}
