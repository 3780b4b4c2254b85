import { type EnvironmentId, type EventReader, type Fault, type Log, type StoredEvent, toFault } from '#base';

/**
 * Opens events together; when that fails because of one of them, each by itself, so that it holds up no other. What can't be
 * opened is there as its fault, and said; what is no longer kept is not there. Throws while the store is away.
 */
export async function openEvents(
  { events: reader, log }: { readonly events: EventReader; readonly log: Log },
  environment: EnvironmentId,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredEvent | Fault>> {
  try {
    return await reader.read(environment, ids);
  } catch (thrown) {
    if (isStoreAway(thrown)) throw thrown;
  }
  const found = new Map<string, StoredEvent | Fault>();
  for (const id of ids) {
    try {
      const event = (await reader.read(environment, [id])).get(id);
      if (event !== undefined) found.set(id, event);
    } catch (error) {
      if (isStoreAway(error)) throw error;
      log.error('an event could not be opened', { event: id, error });
      found.set(id, toFault(error));
    }
  }
  return found;
}

/** Whether nothing is known of an event because nothing could be asked. */
export function isStoreAway(thrown: unknown): boolean {
  const { code } = toFault(thrown);
  return code === 'STORE_UNAVAILABLE' || code === 'BUSY';
}
