import {
  type Actor,
  type AuditPort,
  type Clock,
  Fault,
  type Limits,
  type Log,
  newId,
  type StoredEvent,
  utf8,
} from '#base';
import type { Outbound } from '#outbound';
import type { Store } from '#store';
import { type AttemptResult, attempt } from './attempt.ts';
import { selectDestination } from './destination-queries.ts';
import type { DestinationTarget } from './destinations.ts';
import type { DestinationsInUse } from './in-use.ts';

export const PING_TYPE = 'sallyport.test';

export interface PingPorts {
  readonly store: Store;
  readonly outbound: Outbound;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

export type Pinged = Omit<AttemptResult, 'retryAfter'> & { readonly event: string };

/**
 * Sends one event of the type `sallyport.test` that is stored nowhere, signed as any other, also where the destination is
 * paused; it changes nothing but the log, which says so first. `DESTINATION_NOT_FOUND`, `CONFLICT` for one that is pulled from.
 */
export async function ping(
  ports: PingPorts & { readonly inUse: DestinationsInUse },
  { environment, destination }: DestinationTarget,
  actor: Actor,
): Promise<Pinged> {
  const { store, audit, clock } = ports;
  const row = await store.transaction(environment, (tx) =>
    tx.row(selectDestination, [environment, destination]),
  );
  if (row === null) throw new Fault('DESTINATION_NOT_FOUND');
  const found = await ports.inUse.get(environment, destination);
  if (found === null) throw new Fault('CONFLICT', { detail: 'Nothing is pushed to it: it is pulled from.' });
  const id = newId('event', clock);
  const nowMs = clock.now();
  const body = { id, type: PING_TYPE, createdAt: new Date(nowMs).toISOString(), data: {} };
  const event: StoredEvent = {
    id,
    environment,
    endpoint: null,
    // Signed as the platform does, where that is how the destination verifies.
    platform: found.settings.signature === 'platform' ? (row.platforms?.[0] ?? 'sallyport') : 'sallyport',
    type: PING_TYPE,
    contentType: 'application/json',
    receivedAtMs: nowMs,
    headers: [],
    body: utf8(JSON.stringify(body)),
  };
  await audit.note(environment, {
    action: 'destination.tested',
    actor,
    resource: `destination:${destination}`,
    outcome: 'intent',
    details: { event: id },
  });
  const { retryAfter: _, ...result } = await attempt(ports, { event, destination: found });
  return { ...result, event: id };
}
