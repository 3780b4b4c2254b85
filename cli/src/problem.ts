/** How a command ends. */
export const EXIT_CODES = Object.freeze({ ok: 0, failure: 1, usage: 2 });

export interface ProblemOptions {
  readonly code: string;
  /** What is wrong, in one sentence. Never a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Where in the input, and why. */
  readonly fields?: readonly { readonly path: string; readonly problem: string }[];
  readonly request?: string | null;
  readonly exitCode?: number;
}

/**
 * What a person at the terminal has to know and do; ends the command without a stack.
 *
 * @example throw new Problem({ code: 'PORT_IN_USE', message: 'Port 8443 is in use.', remedy: 'Choose another: --port 0' });
 */
export class Problem extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly fields: readonly { readonly path: string; readonly problem: string }[];
  readonly request: string | null;
  readonly exitCode: number;

  constructor({
    code,
    message,
    remedy,
    fields = [],
    request = null,
    exitCode = EXIT_CODES.failure,
  }: ProblemOptions) {
    super(message);
    this.name = 'Problem';
    this.code = code;
    this.remedy = remedy;
    this.fields = fields;
    this.request = request;
    this.exitCode = exitCode;
  }
}

/** A problem of how the command was called: exit code 2. */
export function usageProblem(message: string, remedy: string): Problem {
  return new Problem({ code: 'USAGE', message, remedy, exitCode: EXIT_CODES.usage });
}

/** What systems say about files, as what it means to a person. */
const SYSTEM_CODES: ReadonlyMap<
  string,
  { readonly code: string; readonly message: string; readonly remedy: string }
> = new Map([
  ['ENOSPC', diskFull('The disk is full.')],
  ['EDQUOT', diskFull('The disk quota is used up.')],
  [
    'EROFS',
    { code: 'FOLDER_NOT_WRITABLE', message: 'The file system is read-only.', remedy: 'Use another folder.' },
  ],
  ['EISDIR', inTheWay()],
  ['ENOTDIR', inTheWay()],
  ['EACCES', notWritable()],
  ['EPERM', notWritable()],
  ['EMFILE', tooManyFiles()],
  ['ENFILE', tooManyFiles()],
]);

/**
 * Whatever was thrown, as a problem: the gateway's faults keep their code and say what to do; what nobody foresaw
 * becomes `INTERNAL` with its message, never its stack.
 */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const { code, message, detail, fields } = recordOf(thrown);
  const known =
    SYSTEM_CODES.get(String(code)) ?? SYSTEM_CODES.get(String(recordOf(recordOf(thrown)['cause'])['code']));
  if (known !== undefined) return new Problem(known);
  if (thrown instanceof Error && thrown.name === 'Fault' && typeof code === 'string') {
    const text = typeof detail === 'string' ? detail : thrown.message;
    const named = Array.isArray(fields) ? fields.filter(isField) : [];
    // The detail of a refused configuration lists what the fields say again.
    const own =
      code === 'CONFIG_INVALID' && named.length > 0 ? 'The configuration is not valid.' : thrown.message;
    if (own !== thrown.message) {
      return new Problem({ code, message: own, remedy: 'Correct the settings named.', fields: named });
    }
    const what = thrown.message === text ? '' : thrown.message;
    return new Problem({
      code,
      message: what === '' ? text : what,
      remedy: what === '' ? '' : text.slice(what.length).trim(),
      fields: named,
    });
  }
  return new Problem({
    code: 'INTERNAL',
    message: `Something went wrong that was not foreseen: ${scrub(String(message ?? thrown))}`,
    remedy: 'Try again; if it stays, report it with this message.',
  });
}

/** Takes out what looks like one of our credentials: an argument in the wrong place must not be repeated. */
export function scrub(text: string): string {
  return text.replaceAll(/\b(?:sk_[a-z]+_syp_|sat_syp_|ses_syp_|sgk_syp_|whsec_)[\w+/=-]+/g, '[secret]');
}

function isField(value: unknown): value is { path: string; problem: string } {
  const { path, problem } = recordOf(value);
  return typeof path === 'string' && typeof problem === 'string';
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  const own: Record<string, unknown> = { ...value };
  return value instanceof Error ? { ...own, message: value.message, cause: value.cause } : own;
}

function diskFull(message: string) {
  return {
    code: 'DISK_FULL',
    message,
    remedy: 'Free some space and start again; nothing acknowledged is lost.',
  };
}

function notWritable() {
  return {
    code: 'FOLDER_NOT_WRITABLE',
    message: 'A file or folder can not be read or written by this user.',
    remedy: 'Run the command as the owner of the folder, or use a folder of your own.',
  };
}

function inTheWay() {
  return {
    code: 'FILE_IN_THE_WAY',
    message: 'A folder stands where a file should be, or the reverse.',
    remedy: 'Move it away. A state folder can be started anew with --reset.',
  };
}

function tooManyFiles() {
  return {
    code: 'TOO_MANY_FILES',
    message: 'Too many files are open.',
    remedy: 'Raise the limit (ulimit -n).',
  };
}
