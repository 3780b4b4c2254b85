import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { type Access, type Principal, SCOPE_NAMES } from '#access';
import { type Clock, type Limits, type Log, limitsWith, newId, silentLog, systemClock } from '#base';
import { createHttp, type HttpPorts } from '#http';
import { createAttempts, createRates } from '#rates';
import type { Cleanup } from '#test/database';
import { GENEROUS } from '#test/generous';

const authority = await createAuthority({ name: 'Listener test authority' });
const certificates = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });

/** For tests: a listener over rooms of which only what a test gives is there; the rest fails like a defect. */
export interface TestListener {
  readonly url: string;
  readonly ca: string;
  readonly port: number;
  readonly plainPort: number | null;
  stop(): Promise<void>;
}

export interface TestListenerOptions {
  readonly limits?: Partial<Limits>;
  readonly rooms?: Partial<
    Pick<HttpPorts, 'access' | 'audit' | 'connections' | 'ingest' | 'delivery' | 'health'>
  >;
  readonly ports?: Partial<Pick<HttpPorts, 'trustedProxies' | 'adminAddresses' | 'publicUrl' | 'tls'>>;
  readonly host?: string;
  readonly plainPort?: number;
  readonly log?: Log;
  readonly clock?: Clock;
}

export const PRINCIPAL: Principal = Object.freeze({
  environment: newId('environment', systemClock),
  environmentKind: 'development',
  key: newId('key', systemClock),
  kind: 'test',
  via: 'key',
  scopes: SCOPE_NAMES,
  boundTo: null,
  requestsPerMinute: null,
});

/** Lets everybody in. */
export const OPEN_ACCESS: Access = roomWith<Access>({
  authenticate: async () => PRINCIPAL,
  authorize: async () => undefined,
  signatureOf: () => null,
});

/** Opens one on loopback; closed after the test. */
export async function withListener(t: Cleanup, options: TestListenerOptions = {}): Promise<TestListener> {
  const limits = limitsWith({ ...GENEROUS, ...options.limits });
  const clock = options.clock ?? systemClock;
  const rates = await createRates({ clock, limits, log: silentLog, redisUrl: null });
  const http = createHttp({
    access: OPEN_ACCESS,
    audit: missing('audit'),
    connections: missing('connections'),
    ingest: missing('ingest'),
    delivery: missing('delivery'),
    health: async () => undefined,
    rates,
    attempts: createAttempts({ rates, clock, limits }),
    ...options.rooms,
    listen: { host: options.host ?? '127.0.0.1', port: 0, plainPort: options.plainPort ?? null },
    tls: certificates,
    ...options.ports,
    limits,
    clock,
    log: options.log ?? silentLog,
  });
  const { port, plainPort } = await http.start();
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= http.stop());
  t.after(stop);
  return { url: `https://127.0.0.1:${port}`, ca: authority.cert, port, plainPort, stop };
}

/** A room that fails whatever is asked of it, with a text that must reach no answer; but for the parts that are given. */
export function missing<Room extends object>(name: string, parts: Partial<Room> = {}): Room {
  const fail = (): never => {
    throw new Error(`select secret from ${name} at /srv/gateway/${name}.ts`);
  };
  const failing: unknown = new Proxy(fail, { get: () => fail });
  return new Proxy<Room>(Object.create(null), {
    get: (_, part): unknown => (Reflect.has(parts, part) ? Reflect.get(parts, part) : failing),
  });
}

/** A room with what is given, failing otherwise. */
export function roomWith<Room extends object>(parts: Partial<Room>): Room {
  return missing<Room>('room', parts);
}
