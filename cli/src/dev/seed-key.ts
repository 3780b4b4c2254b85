import type { EnvironmentId, KeyId, Rooms } from '@sallyport/gateway';
import { every } from './pages.ts';
import type { GatewayModule } from './seed.ts';

/** A new key when the one kept is none of the environment's active ones; `null` when it is. Others of that name are revoked. */
export async function successorKey(given: {
  readonly rooms: Rooms;
  readonly gateway: GatewayModule;
  readonly environment: EnvironmentId;
  readonly id: string | undefined;
  readonly name: string;
  readonly kind: 'test' | 'admin';
}) {
  const { rooms, gateway, environment, id, name, kind } = given;
  let isThere = false;
  const lost: KeyId[] = [];
  for await (const key of every((page) => rooms.access.keys.list({ environment, ...page }))) {
    if (key.revokedAtMs !== null || key.name !== name || key.kind !== kind) continue;
    if (key.id === id) isThere = true;
    else lost.push(key.id);
  }
  for (const key of lost) await rooms.access.keys.revoke({ environment, key }, gateway.SYSTEM);
  return isThere
    ? null
    : rooms.access.keys.create({ environment, kind, name, scopes: gateway.scopesOf(kind) }, gateway.SYSTEM);
}
