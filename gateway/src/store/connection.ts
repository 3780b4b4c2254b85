import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { Fault, openSecretText, type Secret } from '#base';
import { RUNTIME_ROLE, SCHEMA } from './isolation.ts';

/** Where a database is and how it is reached, read once from its address. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: () => string;
  readonly tls: ConnectionOptions | false;
  readonly options: string;
}

export interface ConnectionLimits {
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** A transaction that waits for its client: one lost in a hung process must not keep its locks. */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** A statement that the server did not end by itself: the network is gone. */
const ANSWER_GRACE_MS = 5_000;
const KEEP_ALIVE_DELAY_MS = 10_000;
const PORT_DEFAULT = 5432;
/** The server finds a client that vanished, and frees its locks, within about 25 s; its default is two hours. */
const SETTINGS: readonly string[] = Object.freeze([
  '-c tcp_keepalives_idle=10',
  '-c tcp_keepalives_interval=5',
  '-c tcp_keepalives_count=3',
  '-c datestyle=ISO',
  '-c bytea_output=hex',
]);

/**
 * Every statement of a node finds its rows by an index, one after the other. A plan is made once for a connection, and a
 * new month is empty when it is made: for an empty table the planner takes a scan of the whole, which was measured to take a
 * hundred times as long when the month had thirty thousand rows, and with it deliveries stood still. Where there is no
 * index, a scan is still taken. https://www.postgresql.org/docs/18/runtime-config-query.html
 */
const PLANNING: readonly string[] = Object.freeze([
  '-c enable_seqscan=off',
  '-c enable_hashjoin=off',
  '-c enable_mergejoin=off',
  '-c enable_material=off',
  '-c enable_bitmapscan=off',
]);

const PARAMETERS: ReadonlySet<string> = new Set([
  'host',
  'port',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'options',
  'application_name',
  'connect_timeout',
  'channel_binding',
  'target_session_attrs',
]);
const VERIFYING: ReadonlySet<string> = new Set(['prefer', 'require', 'verify-ca', 'verify-full']);
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
// ECDHE with AEAD only, as everywhere in the gateway.
const CIPHERS =
  'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20';

/**
 * Reads a `postgres://` address. A Unix socket (`?host=/path`) and loopback may be plain; every other host speaks TLS
 * with the certificate and the name verified, whatever `sslmode` asks for. Throws `DATABASE_UNSUITABLE`, without any
 * part of the address in it.
 */
export function parseAddress(url: Secret): Address {
  const parsed = URL.parse(openSecretText(url));
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw unsuitable('It is not a postgres:// address.');
  for (const name of parsed.searchParams.keys()) {
    if (!PARAMETERS.has(name)) throw unsuitable('Its address has a parameter that is not known.');
  }
  const parameter = (name: string): string | null => parsed.searchParams.get(name);
  const host = parameter('host') ?? decoded(parsed.hostname.replace(/^\[(.+)\]$/, '$1'));
  const port = Number(parameter('port') ?? (parsed.port === '' ? PORT_DEFAULT : parsed.port));
  const user = decoded(parsed.username);
  const password = decoded(parsed.password);
  if (host === '' || host.includes(',')) throw unsuitable('Its address must name one host.');
  if (user === '') throw unsuitable('Its address must name a user.');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw unsuitable('The port of its address is not valid.');
  const database = decoded(parsed.pathname.slice(1));
  return Object.freeze({
    host,
    port,
    user,
    database: database === '' ? user : database,
    password: () => password,
    tls: tlsOf(host, parameter),
    options: parameter('options') ?? '',
  });
}

/** The driver's configuration for a connection as the runtime role, or as the owner for migrations. */
export function connectionConfig(
  address: Address,
  as: 'runtime' | 'owner',
  limits: ConnectionLimits,
): ClientConfig {
  // Later options win. A pooled connection is never the owner's, not even when a SET is forgotten.
  const role = as === 'runtime' ? [`-c role=${RUNTIME_ROLE}`, ...PLANNING] : [];
  const settings = [address.options, ...role, `-c search_path=${SCHEMA},pg_temp`, ...SETTINGS];
  return {
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    password: address.password,
    ssl: address.tls,
    enableChannelBinding: address.tls !== false,
    options: settings.filter((setting) => setting !== '').join(' '),
    application_name: 'sallyport',
    connectionTimeoutMillis: limits.connectTimeoutMs,
    statement_timeout: limits.statementTimeoutMs,
    lock_timeout: limits.lockTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    query_timeout: limits.statementTimeoutMs + ANSWER_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
  };
}

function tlsOf(host: string, parameter: (name: string) => string | null): ConnectionOptions | false {
  const mode = parameter('sslmode');
  if (host.startsWith('/')) return false;
  if (LOOPBACK.test(host) && (mode === null || mode === 'disable' || mode === 'allow' || mode === 'prefer'))
    return false;
  if (mode !== null && !VERIFYING.has(mode)) {
    throw unsuitable('A host elsewhere is reached over verified TLS only: use sslmode=verify-full.');
  }
  const root = parameter('sslrootcert');
  const certificate = parameter('sslcert');
  const key = parameter('sslkey');
  return {
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch it off.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(root === null || root === 'system' ? {} : { ca: file(root, 'sslrootcert') }),
    ...(certificate === null ? {} : { cert: file(certificate, 'sslcert') }),
    ...(key === null ? {} : { key: file(key, 'sslkey') }),
  };
}

function file(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unsuitable(`The file named by ${name} can not be read.`, cause);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unsuitable('Its address is not encoded correctly.');
  }
}

function unsuitable(detail: string, cause?: unknown): Fault {
  return new Fault('DATABASE_UNSUITABLE', { detail, cause });
}
