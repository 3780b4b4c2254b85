import type { DestinationId, EnvironmentId } from '@sallyport/gateway';
import { every } from './pages.ts';
import { writePrivate } from './private-file.ts';
import type { SeedOptions } from './seed.ts';
import { successorKey } from './seed-key.ts';
import { type DemoSide, keepDemoSide, readDemoSide } from './sides.ts';

const DESTINATION = 'demo';
const KEY = 'demo application';

/**
 * The demo application's key and destination. Both secrets are shown once, so they are kept in files of ours; one that
 * is lost gets a successor, and what it belonged to is revoked or paused.
 */
export async function seedDemo(options: SeedOptions, environment: EnvironmentId): Promise<DestinationId> {
  const { rooms, gateway, folder } = options;
  let side = await readDemoSide(folder.demoFile);
  const { id, secret } = await destinationOf(options, { environment, side });
  if (secret !== null) {
    side = { ...side, destination: { id, secret } };
    await keepDemoSide(folder.demoFile, side);
  }
  const made = await successorKey({ rooms, gateway, environment, id: side.key?.id, name: KEY, kind: 'test' });
  if (made !== null) {
    side = { ...side, key: { id: made.key.id, secret: gateway.openSecretText(made.secret) } };
    await keepDemoSide(folder.demoFile, side);
  }
  await writePrivate(folder.demoKeyFile, `${side.key?.secret ?? ''}\n`);
  await writePrivate(folder.demoSecretFile, `${side.destination?.secret ?? ''}\n`);
  return id;
}

/** The destination whose secret we have, at this start's address; or a new one, with its secret. */
async function destinationOf(
  { rooms, gateway, demoUrl }: SeedOptions,
  { environment, side }: { environment: EnvironmentId; side: DemoSide },
): Promise<{ id: DestinationId; secret: string | null }> {
  const { destinations } = rooms;
  const { SYSTEM } = gateway;
  const url = `${demoUrl}/webhooks`;
  const taken = new Set<string>();
  const lost: DestinationId[] = [];
  for await (const found of every((page) => destinations.list({ environment, ...page }))) {
    const { id, name, state } = found;
    if (id === side.destination?.id) {
      if (found.url !== url) await destinations.change({ environment, destination: id, url }, SYSTEM);
      return { id, secret: null };
    }
    taken.add(name);
    if (state === 'active' && (name === DESTINATION || name.startsWith(`${DESTINATION} `))) lost.push(id);
  }
  // Without its secret nobody could verify what it gets: it would fail for ever.
  for (const destination of lost)
    await destinations.change({ environment, destination, state: 'paused' }, SYSTEM);
  let name = DESTINATION;
  for (let number = 2; taken.has(name); number += 1) name = `${DESTINATION} ${number}`;
  const made = await destinations.create({ environment, name, url }, SYSTEM);
  return {
    id: made.destination.id,
    secret: made.secret === null ? null : gateway.openSecretText(made.secret),
  };
}
