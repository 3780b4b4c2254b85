import { erasureOf } from '#store';
import { eraseConfirmations } from './confirmation-queries.ts';
import { eraseEndpointCounts } from './count-queries.ts';
import { eraseEndpointCallers, eraseEndpoints, eraseEventKeys, eraseEvents } from './queries.ts';
import { eraseEndpointSecrets } from './secret-queries.ts';

/** Deletes the endpoints and events of an environment that is over. */
export const ingestErasure = erasureOf({
  endpoint_callers: eraseEndpointCallers,
  endpoint_counts: eraseEndpointCounts,
  endpoint_secrets: eraseEndpointSecrets,
  endpoints: eraseEndpoints,
  event_confirmations: eraseConfirmations,
  event_keys: eraseEventKeys,
  events: eraseEvents,
});
