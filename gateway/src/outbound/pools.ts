import { type Clock, Fault, type Limits } from '#base';
import type { OutboundCall } from './call.ts';
import type { Dial } from './dial.ts';
import { markUnsent, unsentFault } from './faults.ts';
import type { Origin } from './origin.ts';
import { checkPins } from './pins.ts';
import { createPool, type Pool } from './pool.ts';
import type { Contexts } from './tls-context.ts';

/** The pools of the process, one for each origin, credential partition, client identity, set of authorities and set of pins. */
export interface Pools {
  /** The pool of a call; made when there is none. Throws `INVALID_REQUEST`, or `BUSY` when every place is in use. */
  of(call: OutboundCall, origin: Origin): Pool;
  /** Whether every connection is idle. */
  isIdle(): boolean;
  close(options: { fault: Fault; force: boolean }): void;
}

export interface PoolsOptions {
  readonly dial: Dial;
  readonly contexts: Contexts;
  readonly limits: Limits;
  readonly clock: Clock;
}

interface Kept {
  readonly pool: Pool;
  lastUse: number;
}

const NO_PINS: readonly string[] = Object.freeze([]);

/** Makes the pools. */
export function createPools({ dial, contexts, limits, clock }: PoolsOptions): Pools {
  const kept = new Map<string, Kept>();
  let uses = 0;

  function make(key: string, { call, origin }: { call: OutboundCall; origin: Origin }): Kept {
    if (kept.size >= limits.outboundPoolsMax) makeRoom();
    const pool = createPool({
      target: { origin, context: contextOf(call), pins: call.pins ?? NO_PINS },
      dial,
      clock,
      connectionsMax: limits.outboundConnectionsPerPoolMax,
      queueMax: limits.outboundQueuePerPoolMax,
      idleTimeoutMs: limits.outboundIdleTimeoutMs,
      headersBytesMax: limits.outboundHeadersBytesMax,
      onEmpty: () => {
        if (kept.get(key)?.pool === pool) kept.delete(key);
      },
    });
    const entry = { pool, lastUse: 0 };
    kept.set(key, entry);
    return entry;
  }

  function contextOf(call: OutboundCall): ReturnType<Contexts> {
    try {
      return contexts(call.ca ?? null, call.identity ?? null);
    } catch (cause) {
      throw invalid('ca', { reason: 'The PEM text is not one of certificate authorities.', cause });
    }
  }

  /** The longest unused pool goes first; one in use never does. */
  function makeRoom(): void {
    let oldest: [string, Kept] | null = null;
    for (const entry of kept) {
      if (entry[1].pool.isIdle() && (oldest === null || entry[1].lastUse < oldest[1].lastUse)) oldest = entry;
    }
    if (oldest === null)
      throw unsentFault('BUSY', { detail: 'Too many hosts are called at once.', retryAfterSeconds: 1 });
    kept.delete(oldest[0]);
    oldest[1].pool.close({ fault: unsentFault('BUSY', {}), force: true });
  }

  return {
    of(call, origin) {
      const key = keyOf(call, origin);
      const entry = kept.get(key) ?? make(key, { call, origin });
      uses += 1;
      entry.lastUse = uses;
      return entry.pool;
    },
    isIdle: () => [...kept.values()].every(({ pool }) => pool.isIdle()),
    close(options) {
      for (const { pool } of kept.values()) pool.close(options);
    },
  };
}

/** Unambiguous: neither an origin nor a pin holds a space, and the free texts come last, preceded by a length. */
function keyOf(call: OutboundCall, origin: Origin): string {
  const pins = call.pins ?? NO_PINS;
  const identity = call.identity?.digest ?? '';
  if (pins.length === 0 && (call.ca ?? null) === null && identity === '')
    return `${origin.text} ${call.pool}`;
  const verdict = pins.length === 0 ? { ok: true as const } : checkPins(pins);
  if (!verdict.ok) throw invalid('pins', { reason: verdict.reason });
  const ca = call.ca ?? null;
  // The leading space keeps these apart from the short form: an origin never begins with one.
  return ` ${origin.text} ${identity} ${[...pins].sort().join(',')} ${ca === null ? 'none' : ca.length} ${ca ?? ''} ${call.pool}`;
}

function invalid(path: string, { reason, cause }: { reason: string; cause?: unknown }): Fault {
  return markUnsent(
    new Fault('INVALID_REQUEST', { detail: reason, fields: [{ path, problem: reason }], cause }),
  );
}
