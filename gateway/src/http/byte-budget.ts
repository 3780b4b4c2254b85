import type { Clock } from '#base';

/** What one request holds of a {@link ByteBudget}. */
export interface ByteShare {
  /** `false` when there is none left; what was taken stays. */
  take(bytes: number): boolean;
  /** Gives all back. */
  close(): void;
}

/** A number of bytes shared by all requests that are being received, so that many slow large bodies stay bounded. */
export interface ByteBudget {
  /** `onLost` is called when the share is taken away for the sake of others, after {@link GRACE_MS} at the earliest. */
  open(onLost: () => void): ByteShare;
}

/** A body that takes longer than this gives way when the budget is spent: the slow must not lock out the quick. */
export const GRACE_MS = 5_000;

interface Holder {
  readonly openedAtMs: number;
  readonly onLost: () => void;
  bytes: number;
}

/** Makes a budget of `bytesMax` bytes. */
export function createByteBudget({ bytesMax, clock }: { bytesMax: number; clock: Clock }): ByteBudget {
  const holders = new Set<Holder>(); // the oldest first
  let taken = 0;

  const close = (holder: Holder): void => {
    if (!holders.delete(holder)) return;
    taken -= holder.bytes;
    holder.bytes = 0;
  };

  const makeRoom = (bytes: number, asking: Holder): void => {
    for (const holder of holders) {
      if (taken + bytes <= bytesMax) return;
      if (clock.monotonic() - holder.openedAtMs < GRACE_MS) return; // so are all after it
      if (holder === asking || holder.bytes === 0) continue;
      close(holder);
      holder.onLost();
    }
  };

  return {
    open(onLost) {
      const holder: Holder = { openedAtMs: clock.monotonic(), onLost, bytes: 0 };
      holders.add(holder);
      return {
        take(bytes) {
          if (!holders.has(holder)) return false;
          if (taken + bytes > bytesMax) makeRoom(bytes, holder);
          if (taken + bytes > bytesMax) return false;
          taken += bytes;
          holder.bytes += bytes;
          return true;
        },
        close: () => close(holder),
      };
    },
  };
}
