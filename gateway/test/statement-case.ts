/** A value of a row of environment A: its table and column. */
export type Fact = (table: string, column: string) => unknown;

/** How a statement is run against the wrong environment. */
export interface StatementCase {
  /** The values with which it finds or changes something of environment A. */
  readonly values: (fact: Fact) => readonly unknown[];
  /** A statement that the runtime role does not run: who does, and why it has to be across environments. */
  readonly not?: { readonly runtime: 'system' | 'eraser' | 'installation' | 'anyone'; readonly why: string };
  /** Under A it finds or changes nothing, and why that is so. */
  readonly quiet?: string;
  /** It gives one row with a number, whatever it sees. */
  readonly counts?: true;
}

export const at = new Date(0);
export const bytes = (length: number): Buffer => Buffer.alloc(length, 7);
export const A = (fact: Fact): unknown => fact('environments', 'environment_id');
export const system = (why: string) => ({ not: { runtime: 'system', why } }) as const;
export const installation = (why: string) => ({ not: { runtime: 'installation', why } }) as const;
export const anyone = (why: string) => ({ not: { runtime: 'anyone', why } }) as const;

/** What empties a table of an environment that is over. */
export const erasing = Object.freeze({
  not: { runtime: 'eraser', why: 'it deletes a log and all else, of an environment whose life is over' },
  values: (fact: Fact) => [A(fact), 10],
} as const);
