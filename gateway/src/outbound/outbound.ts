import { type Clock, Fault, type Limits, type Log, toFault } from '#base';
import { createAdmission, type ListenerAddress } from './admission.ts';
import { createAnswer } from './answer.ts';
import type { Outbound, OutboundAnswer, OutboundCall, OutboundTimeouts } from './call.ts';
import { createDial } from './dial.ts';
import { Exchange } from './exchange.ts';
import { unsentFault } from './faults.ts';
import { type Origin, parseOrigin } from './origin.ts';
import type { Pool } from './pool.ts';
import { createPools } from './pools.ts';
import { prepareHeaders } from './request.ts';
import { type Resolve, shareLookups, systemResolve } from './resolve.ts';
import { type Contexts, createContexts } from './tls-context.ts';

export interface OutboundOptions {
  /** `host` or `host:port`, exact, that may be private or loopback; metadata services and our listeners never. */
  readonly declaredHosts: readonly string[];
  /** PEM of authorities trusted besides the bundled ones. */
  readonly ca: string | null;
  /** Where this gateway listens: refused even when declared. */
  readonly ownAddresses?: () => readonly ListenerAddress[];
  /** In place of the system's resolver. */
  readonly resolve?: Resolve;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

const ORIGINS_KEPT_MAX = 1_024;
const CLOSE_POLL_MS = 20;

/**
 * Makes the way out: the one place that opens connections outward.
 *
 * Measured against a bare undici `Pool.request` over the same TLS, 1 KiB each way, alternating, Node 26 on two cores:
 * 53–100 µs a call one at a time for either, 40–90 µs of processor time at 16 in flight for either; the difference is
 * below what the measurement scatters (±10 %).
 *
 * Throws `CONFIG_INVALID` on a declared host or an authority that can't be read.
 *
 * @example
 * const outbound = createOutbound({ declaredHosts: [], ca: null, limits, clock, log });
 * const answer = await outbound.call({ origin: 'https://api.example.com', target: '/v1/orders', method: 'GET', headers: [], body: null, pool: 'con_1' });
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const { limits, clock, log } = options;
  const admission = createAdmission({
    declaredHosts: options.declaredHosts,
    ownAddresses: options.ownAddresses ?? (() => []),
  });
  const resolve = shareLookups(options.resolve ?? systemResolve);
  const dial = createDial({ resolve, admission, log });
  const pools = createPools({ dial, contexts: contextsOf(options.ca), limits, clock });
  const origins = new Map<string, Origin>();
  let closing = false;

  function originOf(text: string): Origin {
    const known = origins.get(text);
    if (known !== undefined) return known;
    const verdict = parseOrigin(text);
    if (!verdict.ok) throw unsentFault('OUTBOUND_ADDRESS_REFUSED', { detail: verdict.reason });
    if (origins.size >= ORIGINS_KEPT_MAX) origins.clear();
    origins.set(text, verdict.origin);
    return verdict.origin;
  }

  async function call(request: OutboundCall): Promise<OutboundAnswer> {
    const origin = originOf(request.origin);
    const headers = prepareHeaders(request);
    const timeouts = timeoutsOf(request, limits);
    let pool: Pool = poolOf(request, origin);
    const exchange = new Exchange({
      host: origin.host,
      target: request.target,
      method: request.method,
      headers,
      body: request.body,
      timeouts,
      responseBytesMax: Math.min(
        request.responseBytesMax ?? limits.outboundResponseBytesMax,
        limits.outboundResponseBytesMax,
      ),
      signal: request.signal ?? null,
      release: (connection) => pool.release(connection),
    });
    try {
      for (;;) {
        const connection = pool.take() ?? (await exchange.await(pool.wait(timeouts.connectTimeoutMs)));
        const wasUsed = connection.served > 0;
        const head = await exchange.run(connection);
        if (head !== null) return createAnswer(head, origin.host);
        if (!wasUsed)
          throw unsentFault('OUTBOUND_CONNECT_FAILED', {
            detail: `${origin.host}: the connection was closed at once.`,
          });
        // The other side had closed an idle connection and nothing was written on it: the next one repeats nothing.
        pool = poolOf(request, origin);
      }
    } catch (error) {
      // Ends the timers and the source also after a fault that did not come through the exchange.
      exchange.fail(toFault(error));
      throw error;
    }
  }

  function poolOf(request: OutboundCall, origin: Origin): Pool {
    if (closing) throw unsentFault('BUSY', { detail: 'The gateway is stopping.', retryAfterSeconds: 1 });
    return pools.of(request, origin);
  }

  return {
    call,
    async close() {
      closing = true;
      const fault = unsentFault('BUSY', { detail: 'The gateway is stopping.', retryAfterSeconds: 1 });
      pools.close({ fault, force: false });
      const until = clock.monotonic() + limits.shutdownTimeoutMs;
      while (!pools.isIdle() && clock.monotonic() < until) await pause(CLOSE_POLL_MS);
      pools.close({ fault, force: true });
    },
  };
}

function contextsOf(ca: string | null): Contexts {
  try {
    return createContexts(ca);
  } catch (cause) {
    throw new Fault('CONFIG_INVALID', {
      detail: 'outbound.caFile does not hold certificate authorities in PEM.',
      cause,
    });
  }
}

function timeoutsOf(call: OutboundCall, limits: Limits): OutboundTimeouts {
  const given = call.timeouts;
  return {
    connectTimeoutMs: given?.connectTimeoutMs ?? limits.outboundConnectTimeoutMs,
    headersTimeoutMs: given?.headersTimeoutMs ?? limits.outboundHeadersTimeoutMs,
    bodyTimeoutMs: given?.bodyTimeoutMs ?? limits.outboundBodyTimeoutMs,
    totalTimeoutMs: given?.totalTimeoutMs ?? limits.outboundTotalTimeoutMs,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
