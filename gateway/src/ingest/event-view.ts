import { type EndpointId, type EnvironmentId, type EventId, type EventState, toHex } from '#base';
import type { EventRow } from './queries.ts';

/** An event as it can be shown: everything but its body. */
export interface EventView {
  readonly id: EventId;
  /** Where it came in; `null` for an application's own. */
  readonly endpoint: EndpointId | null;
  readonly platform: string;
  readonly type: string | null;
  readonly platformEvent: string | null;
  readonly state: EventState;
  /** Why it is held or was discarded. */
  readonly reason: string | null;
  /** Where in the rules; nothing of what the event carries. */
  readonly detail: string | null;
  readonly receivedAtMs: number;
  readonly bytes: number;
  /** SHA-256 of the body, hexadecimal. */
  readonly digest: string;
}

export interface EventTarget {
  readonly environment: EnvironmentId;
  readonly event: EventId;
}

export function viewOf(row: EventRow): EventView {
  const { id, endpoint_id: endpoint, platform, type, platform_event: platformEvent, state } = row;
  const { reason, detail, bytes, received_at, digest } = row;
  return {
    id,
    endpoint,
    platform,
    type,
    platformEvent,
    state,
    reason,
    detail,
    receivedAtMs: received_at.getTime(),
    bytes,
    digest: toHex(digest),
  };
}
