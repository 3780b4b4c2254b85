import { Fault } from '#base';

/** What Postgres writes → what it means to the person who started us. */
const MEANINGS: readonly { readonly pattern: RegExp; readonly detail: string }[] = Object.freeze([
  {
    pattern: /No space left on device|ENOSPC|wrote only \d+ of \d+ bytes|Check free disk space/,
    detail: 'The disk is full. Free some space and start again.',
  },
  {
    pattern: /Disk quota exceeded|EDQUOT/,
    detail: 'The disk quota is used up. Free some space and start again.',
  },
  { pattern: /Read-only file system|EROFS/, detail: 'The state folder is on a read-only file system.' },
  {
    pattern: /error while loading shared libraries|Library not loaded|symbol not found/i,
    detail: 'A library of the server is missing. Install the packages again, or set DATABASE_URL.',
  },
  {
    pattern: /could not (map|create|resize|attach to) .*shared memory|Cannot allocate memory/i,
    detail: 'There is not enough memory.',
  },
  {
    pattern: /database files are incompatible|was initialized by PostgreSQL version/,
    detail: 'The data was written by another version of Postgres.',
  },
  {
    pattern:
      /valid checkpoint record|checksum in (control )?file|pg_control|not a (valid )?(data|database cluster) directory|is missing|bogus data|invalid data|could not (open|read|access) (file|directory)|has wrong ownership|invalid permissions/i,
    detail: 'Its data is damaged. Restore the state folder from a backup, or start anew with --reset.',
  },
]);

/** A fault of the embedded server; `output` is what a program wrote, for its meaning only, and never shown. */
export function embeddedFailed(options: { detail?: string; output?: string; cause?: unknown }): Fault {
  const text = `${options.output ?? ''}\n${messageOf(options.cause)}`;
  const meaning = MEANINGS.find(({ pattern }) => pattern.test(text));
  const detail =
    meaning?.detail ?? options.detail ?? 'It ended at once; its log in the state folder says more.';
  return new Fault('EMBEDDED_FAILED', {
    detail,
    cause: options.cause ?? new Error(errorLine(options.output ?? '')),
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}

/** The first line that names an error, for the log. */
function errorLine(output: string): string {
  const lines = output.trim().split('\n');
  return lines.find((line) => /(error|ERROR|FATAL|PANIC):/.test(line)) ?? lines.at(-1) ?? '';
}
