import { type EndpointId, Fault, type Limits } from '#base';
import type { Store } from '#store';
import { countConfirmations } from './confirmation-queries.ts';
import type { EndpointInUse } from './endpoint-in-use.ts';
import { judge } from './judge.ts';
import { readBackTarget } from './read-back.ts';

/** What nobody signed: anybody who knows the address may have sent it, so little of it is kept and only so many wait. */
export interface Unsigned {
  /**
   * Why a body can never be confirmed, or `null`. It is refused then: of what is authentic a broken rule is a person's affair,
   * but for this nobody vouches.
   */
  objectionTo(target: EndpointInUse, body: Uint8Array): string | null;
  /** Keeps one while there is a place for it among those of its endpoint that wait; `BUSY` when there is none. */
  inItsPlace<T>(target: EndpointInUse, keep: () => Promise<T>): Promise<T>;
}

const RETRY_SECONDS = 60;

export function createUnsigned({
  store,
  limits,
}: {
  readonly store: Store;
  readonly limits: Limits;
}): Unsigned {
  // Those on their way to the disk, which the database doesn't know of yet: looking there alone would let a flood through at once.
  const arriving = new Map<EndpointId, number>();

  return {
    objectionTo({ rules, settings: { confirm } }, body) {
      const found = judge(rules, { type: null, body, stepsMax: limits.webhookCheckStepsMax });
      if (found !== null) return found.reason;
      return confirm === null || readBackTarget(confirm, body) === null ? 'unreadable' : null;
    },

    async inItsPlace({ environment, id }, keep) {
      const itemsMax = limits.confirmPendingItemsMax;
      const before = arriving.get(id) ?? 0;
      if (before >= itemsMax) throw busy();
      arriving.set(id, before + 1);
      try {
        const count = [environment, id, itemsMax];
        const waiting =
          (await store.transaction(environment, (tx) => tx.row(countConfirmations, count))) ?? 0;
        // Counted again: others may have come while the database was asked.
        if (waiting + (arriving.get(id) ?? 0) > itemsMax) throw busy();
        return await keep();
      } finally {
        const left = (arriving.get(id) ?? 1) - 1;
        if (left === 0) arriving.delete(id);
        else arriving.set(id, left);
      }
    },
  };
}

function busy(): Fault {
  return new Fault('BUSY', { retryAfterSeconds: RETRY_SECONDS });
}
