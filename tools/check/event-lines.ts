import { inspect } from 'node:util';

/** One finished test as the reporter inside a test file's process writes it, one JSON document a line. */
export interface EventLine {
  readonly name: string;
  /** Where its outermost test or suite stands: with several files in a process, which of them. */
  readonly file: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly details?: string;
}

/** The line that says that the test file came to its end. */
export const endLine = 'end';

/** The last line for as long as each test that is known of has ended: the file may still end what it started, and register more. */
export const idleLine = 'idle';

/** The line that says that it registered more. */
export const moreLine = 'more';

interface Event {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly nesting?: number;
    readonly file?: string | undefined;
    readonly skip?: string | boolean | undefined;
    readonly todo?: string | boolean | undefined;
    readonly details?: { readonly type?: string | undefined; readonly error?: unknown };
  };
}

/**
 * A reporter for `node --test-reporter`: a line per finished test, at once, `idle` when no test is left, and `end` at the end. Suites, and tests that failed only
 * because one inside them did, are left out, so that every failure counts once.
 */
export default async function* eventLines(source: AsyncIterable<Event>): AsyncGenerator<string> {
  const path: string[] = [];
  let file = '';
  let open = 0;
  for await (const { type, data } of source) {
    const nesting = data.nesting ?? 0;
    if (type === 'test:enqueue' && nesting === 0) {
      if (open === 0) yield `${JSON.stringify(moreLine)}\n`;
      open += 1;
    }
    if (type === 'test:start') path.splice(nesting, Infinity, data.name ?? '');
    if (nesting === 0) file = data.file ?? '';
    if (type === 'test:pass' || type === 'test:fail') {
      const name = [...path.slice(0, nesting), data.name ?? ''].join(' > ');
      const line = describe(data, { name, file });
      if (line !== undefined) yield `${JSON.stringify(line)}\n`;
      if (nesting === 0) open -= 1;
      if (nesting === 0 && open === 0) yield `${JSON.stringify(idleLine)}\n`;
    }
  }
  yield `${JSON.stringify(endLine)}\n`;
}

function describe(
  { skip, todo, details }: Event['data'],
  where: Pick<EventLine, 'name' | 'file'>,
): EventLine | undefined {
  const error = details?.error;
  if (skip !== undefined && skip !== false) return { ...where, state: 'skipped', ...reason(skip) };
  if (todo !== undefined && todo !== false)
    return { ...where, state: 'skipped', details: `to be done: ${String(todo)}` };
  if (error === undefined) return details?.type === 'suite' ? undefined : { ...where, state: 'passed' };
  if (isAbout('subtestsFailed', error)) return undefined;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return { ...where, state: 'failed', details: inspect(cause, { depth: 6 }) };
}

function reason(skip: string | true): { readonly details?: string } {
  return typeof skip === 'string' && skip !== '' ? { details: skip } : {};
}

function isAbout(failureType: string, error: unknown): boolean {
  return error instanceof Error && 'failureType' in error && error.failureType === failureType;
}
