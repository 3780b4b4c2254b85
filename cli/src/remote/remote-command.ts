import { type Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { Problem } from '../problem.ts';
import { type Called, type Options, runs, textOption } from '../terminal/command.ts';
import { facts, table } from '../terminal/table.ts';
import type { AdminCall, Client } from './client.ts';

export interface RemoteCalled extends Called {
  readonly client: Client;
}

/** Gives a command an action that calls a gateway. The client is loaded when it is needed. */
export function callsGateway(command: Command, action: (called: RemoteCalled) => Promise<void>): Command {
  return runs(command, async (called) => {
    const { withClient } = await import('./client.ts');
    await withClient((client) => action({ ...called, client }));
  });
}

/** A list command: its page options, its call and its table. */
export function lists<Item extends z.ZodType>(
  command: Command,
  given: {
    readonly path: string;
    readonly shapes: () => Promise<Item>;
    readonly query?: (options: Options) => Readonly<Record<string, string | undefined>>;
    readonly columns: readonly string[];
    readonly row: (item: z.output<Item>) => readonly string[];
    readonly none: string;
  },
): Command {
  command
    .option('--limit <count>', 'how many at most', wholeNumber)
    .option('--after <id>', 'go on behind this one: `next` of the page before');
  return callsGateway(command, async ({ client, terminal, options }) => {
    const query = {
      limit: textOption(options, 'limit'),
      after: textOption(options, 'after'),
      ...given.query?.(options),
    };
    const document = await client.call({ method: 'GET', path: given.path, query });
    const { pageShape } = await import('./shapes.ts');
    const { items, next } = understood(pageShape(await given.shapes()), document);
    terminal.data(document, () =>
      table({ columns: given.columns, rows: items.map((item) => given.row(item)), none: '' }),
    );
    if (items.length === 0 && !terminal.json) terminal.say(given.none);
    if (next !== null && !terminal.json) terminal.say(terminal.paintTalk('dim', `More: --after ${next}`));
  });
}

/** Calls and shows one object. */
export async function showOne<Shape extends z.ZodType>(
  { client, terminal }: RemoteCalled,
  given: {
    readonly call: AdminCall;
    readonly shape: Shape;
    readonly rows: (value: z.output<Shape>) => readonly (readonly [string, string])[];
  },
): Promise<z.output<Shape>> {
  const document = await client.call(given.call);
  const value = understood(given.shape, document);
  terminal.data(document, () => facts(given.rows(value)));
  return value;
}

/** An answer in the shape that this version knows. */
export function understood<Shape extends z.ZodType>(shape: Shape, document: unknown): z.output<Shape> {
  const parsed = shape.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new Problem({
    code: 'ANSWER_UNKNOWN',
    message: 'The gateway answered in a form that this command does not know.',
    remedy: 'Use the command of the same version as the gateway.',
  });
}

/** An id in a path; it is checked by the gateway, and can't leave its place in the path. */
export function segment(id: string | undefined): string {
  return encodeURIComponent(id ?? '');
}

/** A whole number above 0, kept as text. */
export function wholeNumber(given: string): string {
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new InvalidArgumentError('It is a whole number above 0.');
  return given;
}
