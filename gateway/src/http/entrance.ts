import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type AddressRanges,
  type Clock,
  canonicalAddress,
  type Fault,
  type Limits,
  type Log,
  type Repeat,
} from '#base';
import { checkCertificate } from './certificate-check.ts';
import { type TlsFiles, watchCertificate } from './certificate-watch.ts';
import type { ShownCertificates } from './client-certificate.ts';
import { createConnectionCap } from './connection-cap.ts';
import { createListener } from './listener.ts';
import { createPlain } from './plain.ts';
import { createPlainListener } from './plain-listener.ts';
import type { ClientCertificates, TlsMaterial } from './tls.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
  /** A port without TLS that serves nothing and sends pages on. None when absent. */
  readonly plainPort?: number | null;
}

/** Where a node listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly plainPort: number | null;
}

/** The listener's TLS at its start, and where it comes from. */
export interface ListenerTls extends TlsMaterial {
  readonly clientCertificates?: ClientCertificates;
  /** Looked at again and again. Without them nothing is reloaded. */
  readonly files?: TlsFiles | null;
}

export interface EntranceOptions {
  readonly listen: Listen;
  readonly publicUrl: string | null;
  readonly tls: ListenerTls;
  readonly certificates: ShownCertificates;
  readonly trustedProxies: AddressRanges;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Everything that a node listens on. */
export interface Entrance {
  start(): Promise<Listening>;
  stop(): Promise<void>;
  /** Looks at once whether the files of the certificate have changed. */
  reloadCertificate(): void;
  readonly isStopping: boolean;
}

/** Makes the entrance: HTTPS, what answers those who come without TLS, and the certificate's renewal. */
export function createEntrance(options: EntranceOptions): Entrance {
  const { listen, publicUrl, tls, certificates, trustedProxies, limits, clock, log, onRequest } = options;
  const { clientCertificates = 'off', files = null } = tls;
  const { host, plainPort = null } = listen;
  let origin = originOf(publicUrl, null);
  let watch: Repeat | null = null;
  const onRefused = (fault: Fault, request: string): void =>
    log.debug('connection refused', { request, code: fault.code });
  const cap = createConnectionCap({ limits, trustedProxies });
  const plain = createPlain({ limits, clock, origin: () => origin, onRefused });
  const plainListener = createPlainListener({ plain, cap, limits });
  const shared = { tls, clientCertificates, certificates, limits, clock, cap, plain };
  const listener = createListener({ ...shared, onRefused, onRequest });

  return {
    async start() {
      checkCertificate(tls, clock);
      const listening = await listener.start(listen);
      origin = originOf(publicUrl, { host, port: listening.port });
      const everyMs = limits.certificateCheckMs;
      if (files !== null) watch = watchCertificate({ files, shown: tls, show, everyMs, clock, log });
      return {
        ...listening,
        plainPort: plainPort === null ? null : await plainListener.start({ host, port: plainPort }),
      };
    },
    async stop() {
      await watch?.stop();
      await plainListener.stop();
      await listener.stop();
    },
    reloadCertificate: () => watch?.wake(),
    get isStopping() {
      return listener.isStopping;
    },
  };

  function show(changed: TlsMaterial): string {
    const until = checkCertificate(changed, clock);
    listener.show(changed);
    return until;
  }
}

/** Where pages are: as configured, or on the host that was configured to listen on, unless that is all of them. */
function originOf(
  publicUrl: string | null,
  listening: { readonly host: string; readonly port: number } | null,
): string | null {
  if (publicUrl?.startsWith('https://') === true) return publicUrl;
  if (listening === null) return null;
  const { host, port } = listening;
  const address = canonicalAddress(host);
  if (address === '0.0.0.0' || address === '::') return null;
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
