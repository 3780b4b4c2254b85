import { networkInterfaces } from 'node:os';
import { Fault, isInNetwork, parseAddress } from '#base';
import { type Origin, parseOrigin } from './origin.ts';
import { METADATA_HOSTS, rangeOf } from './ranges.ts';

/** An address and port that somebody listens on. */
export interface ListenerAddress {
  readonly address: string;
  readonly port: number;
}

export type AdmissionVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Decides which hosts and addresses may be called. */
export interface Admission {
  /** The host as written: metadata services are refused by name. */
  host(origin: Origin): AdmissionVerdict;
  /** One address of the host: reserved ranges and our own listeners are refused. */
  address(origin: Origin, address: string): AdmissionVerdict;
}

export interface AdmissionOptions {
  /** `host` or `host:port`, exact, that may be private or loopback. */
  readonly declaredHosts: readonly string[];
  /** Our own listeners: never called, so that the gateway can't be made to trust itself. */
  readonly ownAddresses: () => readonly ListenerAddress[];
  /** The addresses of this machine. */
  readonly machineAddresses?: () => readonly string[];
}

const ACCEPTED: AdmissionVerdict = Object.freeze({ ok: true });
const LOOPBACKS = [
  { bytes: Uint8Array.of(127, 0, 0, 0), bits: 8 },
  { bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), bits: 128 },
];

/** Makes the admission of one configuration; throws `CONFIG_INVALID` on a declared host that is not canonical. */
export function createAdmission(options: AdmissionOptions): Admission {
  const declared = new Set(options.declaredHosts.map(declaredKey));
  const machineAddresses = options.machineAddresses ?? interfaceAddresses;

  function isOwn(bytes: Uint8Array, port: number): boolean {
    return options.ownAddresses().some((own) => {
      if (own.port !== port) return false;
      const listening = parseAddress(own.address);
      // A listener on every address, or on one we can't read, is on every address of this machine.
      if (listening !== null && listening.some((byte) => byte !== 0)) return sameBytes(listening, bytes);
      return isLoopback(bytes) || machineAddresses().some((text) => sameBytes(parseAddress(text), bytes));
    });
  }

  return {
    host: (origin) => (METADATA_HOSTS.has(origin.host) ? refused('metadata') : ACCEPTED),
    address(origin, address) {
      const bytes = parseAddress(address);
      if (bytes === null) return refused('not an address');
      if (isOwn(bytes, origin.port)) return refused('our own listener');
      const range = rangeOf(bytes);
      if (range === null) return ACCEPTED;
      const isDeclared = declared.has(origin.host) || declared.has(`${origin.host} ${origin.port}`);
      return range.declarable && isDeclared ? ACCEPTED : refused(range.name);
    },
  };
}

function declaredKey(entry: string): string {
  const verdict = parseOrigin(`https://${entry}`);
  if (!verdict.ok) {
    throw new Fault('CONFIG_INVALID', {
      detail: `outbound.declaredHosts takes "host" or "host:port". ${verdict.reason}`,
    });
  }
  const { host, port } = verdict.origin;
  return /:[0-9]+$/.test(entry) && !entry.endsWith(']') ? `${host} ${port}` : host;
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address));
}

function isLoopback(bytes: Uint8Array): boolean {
  return LOOPBACKS.some((network) => isInNetwork(bytes, network));
}

function sameBytes(left: Uint8Array | null, right: Uint8Array): boolean {
  return left !== null && left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function refused(reason: string): AdmissionVerdict {
  return { ok: false, reason };
}
