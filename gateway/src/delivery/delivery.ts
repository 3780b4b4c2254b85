import {
  type Actor,
  type AuditPort,
  type Clock,
  type EventReader,
  type FanOut,
  type Limits,
  type Log,
  type Repeat,
  repeat,
} from '#base';
import type { Environments } from '#environments';
import type { Keyring } from '#keyring';
import type { Outbound } from '#outbound';
import type { Store } from '#store';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { createDestinations, type Destinations, type DestinationTarget } from './destinations.ts';
import { createFanOut } from './fan-out.ts';
import { createDestinationsInUse } from './in-use.ts';
import { ensurePartitions } from './partitions.ts';
import { type Pinged, ping } from './ping.ts';
import { createPull, type Pull } from './pull.ts';
import { createReplays, type Replays } from './replays.ts';
import { retireDeliveries } from './retention.ts';
import { createDestinationRotation, type DestinationRotation } from './rotation.ts';
import { createSender } from './sender.ts';
import { createSettlements } from './settle.ts';

export interface DeliveryPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly outbound: Outbound;
  readonly audit: AuditPort;
  readonly events: EventReader;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Events on to applications. */
export interface Delivery extends FanOut, Deliveries {
  /** Makes sure that deliveries can be stored. Call it before events are stored. */
  prepare(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
  readonly destinations: Destinations & DestinationRotation;
  /** Sends an event of the type `sallyport.test`; how it went. `DESTINATION_NOT_FOUND`, `CONFLICT`. */
  ping(target: DestinationTarget, actor: Actor): Promise<Pinged>;
  readonly replays: Replays;
  readonly pull: Pull;
  /** Lets pulls that wait answer: nothing more will come of this node. */
  endWaiting(): void;
}

/** Between two looks for replays to go on with, when none was begun here. */
const REPLAYS_EVERY_MS = 5_000;

/** Makes the delivery room. */
export function createDelivery(ports: DeliveryPorts): Delivery {
  const { limits, clock, log } = ports;
  const inUse = createDestinationsInUse(ports);
  const fanOut = createFanOut(ports);
  const changed = (target: DestinationTarget): void => {
    inUse.forget(target);
    sender.wake();
  };
  const destinations = createDestinations(ports, changed);
  const rotation = createDestinationRotation(ports, changed);
  const settlements = createSettlements({ ...ports, onHealth: changed });
  const sender = createSender({
    ...ports,
    settlements,
    destinationInUse: (claim) => inUse.get(claim.environment_id, claim.destination_id),
  });
  const { step, ...replays } = createReplays({ ...ports, fanOut }, () => replaying?.wake());
  const { waiters, ...pull } = createPull(ports);
  let partitions: Repeat | null = null;
  let replaying: Repeat | null = null;
  // Where there is no destination, each commit of events would ask the database for deliveries that can't be there.
  let hasMade = false;

  const goOn = async (): Promise<void> => {
    const { made, more } = await step();
    if (made > 0) sender.wake();
    if (more) replaying?.wake();
  };

  return {
    ...createDeliveries({ ...ports, fanOut }, sender.wake),
    destinations: { ...destinations, ...rotation },
    ping: (target, actor) => ping({ ...ports, inUse }, target, actor),
    replays,
    async prepare() {
      await ensurePartitions(ports);
      // Where an order is kept it is asked for within transactions: it is in memory from here on.
      await ports.keyring.pepper();
      const run = async (signal: AbortSignal): Promise<void> => {
        await ensurePartitions(ports);
        await retireDeliveries(ports, signal);
      };
      const everyMs = limits.retentionEveryMs;
      partitions ??= repeat({ name: 'delivery.partitions', everyMs, run, clock, log });
    },
    pull,
    endWaiting: waiters.end,
    start() {
      sender.start();
      waiters.start();
      replaying ??= repeat({ name: 'delivery.replays', everyMs: REPLAYS_EVERY_MS, run: goOn, clock, log });
    },
    async stop() {
      await partitions?.stop();
      await replaying?.stop();
      await sender.stop();
      await waiters.stop();
      await settlements.close();
    },
    async inTransaction(tx, environment, events) {
      if ((await fanOut.fan(tx, environment, events)) === 0) return;
      hasMade = true;
      waiters.touched(environment);
    },
    announce() {
      if (!hasMade) return;
      sender.wake();
      waiters.wake();
    },
  };
}
