// node:crypto here: digests of a body and of a request's key, by which a repetition is told from another request.
import { hash } from 'node:crypto';
import { type Clock, createIdSequence, type EnvironmentId, Fault, type KeyId, utf8 } from '#base';
import type { Keyring } from '#keyring';
import type { Batcher, Store } from '#store';
import type { Incoming, Stored } from './commit.ts';
import { selectEvent } from './queries.ts';
import { sealEvent } from './sealed-event.ts';

/** What stands as the platform of an own event: a webhook that an application sends its own customers. */
export const OWN_PLATFORM = 'sallyport';

export interface OwnEvent {
  readonly environment: EnvironmentId;
  /** Whose key sends it. */
  readonly sender: KeyId;
  readonly type: string;
  /** The webhook's body: delivered byte for byte. JSON. */
  readonly body: Uint8Array;
  /** The `Idempotency-Key` of the request: what makes a repetition known as one, in the whole environment. */
  readonly requestKey: string;
}

/** Webhooks of the environment itself. */
export interface OwnEvents {
  /**
   * Stores it once; resolves when it is durable. Asked again under the same key it answers with the event that is there;
   * `IDEMPOTENCY_KEY_REUSED` when that one has another type or body. `INVALID_REQUEST` (the key's form), `BUSY`,
   * `STORE_UNAVAILABLE`.
   *
   * @example const { event } = await ingest.own.send({ environment, sender, type: 'order.paid', body, requestKey });
   */
  send(event: OwnEvent): Promise<Stored>;
}

const REQUEST_KEY = /^[\x21-\x7e]{8,200}$/;

export function createOwnEvents(ports: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly commits: Pick<Batcher<Incoming, Stored>, 'add'>;
  readonly clock: Clock;
}): OwnEvents {
  const { store, keyring, commits, clock } = ports;
  const nextId = createIdSequence('event', clock);

  return {
    async send({ environment, sender, type, body, requestKey }) {
      if (!REQUEST_KEY.test(requestKey))
        throw new Fault('INVALID_REQUEST', {
          fields: [{ path: 'header.idempotency-key', problem: 'must be 8 to 200 visible characters' }],
        });
      const id = nextId();
      const digest = hash('sha256', body, 'buffer');
      const sealer = await keyring.sealer(environment, 'events');
      const { headBytes, sealed } = sealEvent(sealer, { id, headers: [], body });
      const stored = await commits.add({
        environment,
        endpoint: null,
        sender,
        id,
        duplicateKey: hash('sha256', utf8(`idempotency-key ${requestKey}`), 'buffer'),
        platform: OWN_PLATFORM,
        type,
        platformEvent: null,
        receivedAtMs: clock.now(),
        bytes: body.length,
        digest,
        contentType: 'application/json',
        state: 'accepted',
        reason: null,
        detail: null,
        body,
        headBytes,
        sealedBody: sealed,
      });
      if (stored.duplicate) {
        const first = await store.transaction(environment, (tx) =>
          tx.row(selectEvent, [environment, stored.event]),
        );
        // One that is no longer kept can't be compared; it was sent all the same.
        if (first !== null && (first.type !== type || !digest.equals(first.digest)))
          throw new Fault('IDEMPOTENCY_KEY_REUSED');
      }
      return stored;
    },
  };
}
