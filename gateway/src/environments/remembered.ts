import { type Clock, createMemory, type EnvironmentId, isId, type Limits, type Memory } from '#base';
import { EVERYTHING, type Store } from '#store';
import { environmentById } from './queries.ts';
import type { Environment } from './shapes.ts';

const SUBJECT = 'environment:';
const REMEMBERED_MAX = 10_000;

/** What is announced when an environment has changed. */
export function subjectOf(id: EnvironmentId): string {
  return `${SUBJECT}${id}`;
}

/** The environment that a subject of the change feed names: `'all'` for everything, `null` for what is none. */
export function environmentOfSubject(subject: string): EnvironmentId | 'all' | null {
  if (subject === EVERYTHING) return 'all';
  const id = subject.slice(SUBJECT.length);
  return subject.startsWith(SUBJECT) && isId('environment', id) ? id : null;
}

/**
 * Environments as they are, `null` where there is none: kept for as long as the change feed vouches that nothing of them
 * has changed, and for the `keyCacheMs` of every memory while it does not.
 */
export function createRemembered(ports: {
  readonly store: Store;
  readonly limits: Limits;
  readonly clock: Clock;
}): (id: EnvironmentId) => Promise<Environment | null> {
  const { store, limits, clock } = ports;
  const { changes } = store;
  const known = new Map<EnvironmentId, Environment>();
  const memory = (): Memory<EnvironmentId, Environment> =>
    createMemory({
      ask: (id) => store.transaction(id, (tx) => tx.row(environmentById, [id])),
      itemsMax: REMEMBERED_MAX,
      trustMs: limits.keyCacheMs,
      clock,
    });
  let asked = memory();
  /** Grows with each announcement: what was asked for before one may be from before the change. */
  let announced = 0;

  changes.follow((subject) => {
    const id = environmentOfSubject(subject);
    if (id === null) return;
    announced += 1;
    if (id === 'all') {
      known.clear();
      asked = memory();
    } else {
      known.delete(id);
      asked.forget(id);
    }
  });

  return async (id) => {
    const hit = changes.isFresh() ? known.get(id) : undefined;
    if (hit !== undefined) return hit;
    if (!isId('environment', id)) return null;
    const before = announced;
    const found = await asked.get(id);
    if (found === null || announced !== before || !changes.isFresh()) return found;
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(id, found);
    return found;
  };
}
