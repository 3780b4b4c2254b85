import { lookup } from 'node:dns/promises';

/** One address of an answer. */
export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Looks a host name up once, every address of the answer in its order. Rejects when there is none. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** The system's resolver, `/etc/hosts` included. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true, order: 'verbatim' });

/**
 * Lets look-ups of one name that overlap share one answer, and remembers nothing afterwards.
 *
 * The system's resolver blocks one of libuv's few threads for each look-up, also after the caller has gone: this way a
 * name whose server hangs takes one thread and not all.
 */
export function shareLookups(resolve: Resolve): Resolve {
  const underWay = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (host) => {
    const running = underWay.get(host);
    if (running !== undefined) return running;
    const answer = resolve(host).finally(() => underWay.delete(host));
    underWay.set(host, answer);
    return answer;
  };
}
