import { type Act, type EnvironmentId, type JsonValue, type Limits, toFault } from '#base';
import type { BatchResult } from '#store';
import { agentOf, type Encoded, encoded } from './encoded.ts';

/** An act that waits to be written; `encoded` where its entry is made already, because it shares it with none. */
export interface Noted {
  readonly environment: EnvironmentId;
  readonly act: Act;
  readonly encoded: Encoded | null;
}

/** An entry, and which of the acts it is of. */
export interface SharedEntry {
  readonly entry: Encoded;
  readonly positions: readonly number[];
}

export interface Together {
  readonly entries: readonly SharedEntry[];
  /** Acts that have no entry, and why. */
  readonly failed: ReadonlyMap<number, Extract<BatchResult<null>, { ok: false }>>;
}

/** What an entry has besides the list of its acts, its longest texts included. */
const ENTRY_BYTES = 8_192;
/** Quotes, commas, and characters that take more bytes than one. */
const BYTES_PER_CHARACTER = 3;

/**
 * The entries of acts that are committed together: those alike share one. Alike are acts of the same name, outcome, object and
 * actor; the request and the details of each stand in the list. An act without company keeps the form that it always had.
 *
 * Entries of its own took a fifth of a call's processor time, and two fifths of Postgres's (bench/README.md).
 */
export function together(
  noted: readonly Noted[],
  { nowMs, limits }: { nowMs: number; limits: Limits },
): Together {
  const entries: SharedEntry[] = [];
  const failed = new Map<number, Extract<BatchResult<null>, { ok: false }>>();
  const add = (positions: readonly number[], make: () => Encoded): void => {
    try {
      entries.push({ entry: make(), positions });
    } catch (thrown) {
      for (const position of positions) failed.set(position, { ok: false, fault: toFault(thrown) });
    }
  };
  const groups = new Map<string, number[]>();
  for (const [position, { environment, act, encoded: made }] of noted.entries()) {
    if (made !== null) {
      entries.push({ entry: made, positions: [position] });
      continue;
    }
    const key = likenessOf(environment, act);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [position]);
    else group.push(position);
  }
  for (const group of groups.values()) {
    for (const positions of fitting(group, noted, limits)) {
      const acts = positions.flatMap((position) => noted[position] ?? []);
      const [first] = acts;
      if (first === undefined) continue;
      const { environment } = first;
      const act = acts.length === 1 ? first.act : listOf(first.act, acts);
      add(positions, () => encoded({ environment, act, nowMs, limits }));
    }
  }
  return { entries, failed };
}

/** Unambiguous: free text comes last, and none of the others holds a line feed. */
function likenessOf(environment: EnvironmentId, { action, outcome, resource, actor, listedAs }: Act): string {
  const { kind, id, address } = actor;
  return `${environment}\n${action}\n${listedAs}\n${outcome}\n${kind}\n${id}\n${address}\n${resource}\n${agentOf(actor)}`;
}

function listOf(first: Act, acts: readonly Noted[]): Act {
  const list: JsonValue = acts.map(({ act }) => ({ request: act.actor.request, ...act.details }));
  return {
    ...first,
    actor: { ...first.actor, request: null },
    details: { count: acts.length, [first.listedAs ?? 'acts']: list },
  };
}

/** Cut where an entry would come over its limit. */
function fitting(
  group: readonly number[],
  noted: readonly Noted[],
  { auditDetailsBytesMax }: Limits,
): readonly (readonly number[])[] {
  const room = auditDetailsBytesMax - ENTRY_BYTES;
  const cuts: number[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const position of group) {
    const act = noted[position]?.act;
    const own =
      BYTES_PER_CHARACTER *
      (JSON.stringify(act?.details ?? {}).length + (act?.actor.request?.length ?? 0) + 16);
    if (bytes + own > room) {
      cuts.push([]);
      bytes = 0;
    }
    cuts.at(-1)?.push(position);
    bytes += own;
  }
  return cuts;
}
