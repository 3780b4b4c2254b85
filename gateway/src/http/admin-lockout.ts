import { administratorsSince } from '#access';
import { type Clock, canonicalAddress, createRanges, type Log } from '#base';
import type { Store } from '#store';

/** What the allowlist of administration does to those who administered within the last day. */
export interface AdminLockout {
  /** How many addresses that was. */
  readonly addresses: number;
  /** Those of them that would be refused, the most frequent first. */
  readonly refused: readonly string[];
}

const DAY_MS = 86_400_000;

/**
 * Tries the allowlist of administration on the addresses from which keys that administer were used within the last day,
 * by all that nodes have written down. What was too much to be told apart is left out.
 *
 * @example const { addresses, refused } = await adminLockout({ store, adminAddresses: ['192.0.2.0/24'], clock });
 */
export async function adminLockout(given: {
  readonly store: Pick<Store, 'system'>;
  readonly adminAddresses: readonly string[];
  readonly clock: Clock;
}): Promise<AdminLockout> {
  const { store, adminAddresses, clock } = given;
  const administrators = await administratorsSince(store, clock.now() - DAY_MS);
  const addresses = administrators
    .map(({ address }) => address)
    .filter((address) => canonicalAddress(address) !== null);
  const allowed = createRanges(adminAddresses);
  const refused =
    adminAddresses.length === 0 ? [] : addresses.filter((address) => !allowed.includes(address));
  return { addresses: addresses.length, refused };
}

/**
 * Warns when nobody who administered within the last day could do so any more. The start goes on: the list may be meant,
 * and webhooks and calls don't depend on it.
 */
export async function warnOfAdminLockout(
  given: Parameters<typeof adminLockout>[0] & { readonly log: Log },
): Promise<void> {
  const { log, adminAddresses } = given;
  if (adminAddresses.length === 0) return;
  try {
    const { addresses, refused } = await adminLockout(given);
    if (addresses > 0 && refused.length === addresses)
      log.warn('admin.allowedAddresses refuses every address that administered within the last day.', {
        count: addresses,
      });
  } catch (error) {
    log.warn('It could not be told whom admin.allowedAddresses refuses.', { error });
  }
}
