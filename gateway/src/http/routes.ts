import type { Access } from '#access';
import type { Audit } from '#audit';
import type { Clock, Limits } from '#base';
import type { Connections } from '#connections';
import type { Delivery } from '#delivery';
import type { Ingest } from '#ingest';
import { auditRoutes } from './admin/audit.ts';
import { connectionRoutes } from './admin/connections.ts';
import { deliveryRoutes } from './admin/deliveries.ts';
import { destinationRoutes } from './admin/destinations.ts';
import { endpointCallerRoutes } from './admin/endpoint-callers.ts';
import { endpointSecretRoutes } from './admin/endpoint-secrets.ts';
import { endpointRoutes } from './admin/endpoints.ts';
import { eventRoutes } from './admin/events.ts';
import { keyUseRoutes } from './admin/key-uses.ts';
import { keyRoutes } from './admin/keys.ts';
import { replayRoutes } from './admin/replays.ts';
import { signerRoutes } from './admin/signers.ts';
import { eventSurface } from './events.ts';
import type { Route } from './route.ts';
import { runtimeRoutes } from './runtime.ts';

export interface RouteRooms {
  readonly access: Access;
  readonly audit: Audit;
  readonly connections: Connections;
  readonly ingest: Ingest;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly pageItemsMax: number;
}

/** Every route with a JSON shape. The streaming surfaces (`/in`, `/out`) stand beside them in `hooks.ts` and `out.ts`. */
export function allRoutes(rooms: RouteRooms): readonly Route[] {
  return [
    ...runtimeRoutes(rooms),
    ...eventSurface(rooms),
    ...keyRoutes(rooms),
    ...keyUseRoutes(rooms),
    ...signerRoutes(rooms),
    ...connectionRoutes(rooms),
    ...endpointRoutes(rooms),
    ...endpointSecretRoutes(rooms),
    ...endpointCallerRoutes(rooms),
    ...destinationRoutes(rooms),
    ...deliveryRoutes(rooms),
    ...replayRoutes(rooms),
    ...eventRoutes(rooms),
    ...auditRoutes(rooms),
  ];
}
