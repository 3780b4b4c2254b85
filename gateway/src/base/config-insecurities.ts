import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { dirname, join } from 'node:path';
import type { Config } from './config.ts';
import { fileMode } from './config-sources.ts';
import { openSecretText, type Secret } from './secret.ts';

/** One reason not to start in production. */
export interface Insecurity {
  readonly code: InsecurityCode;
  /** What is insecure, naming settings and files, never values of secrets. */
  readonly what: string;
  readonly remedy: string;
}

/** The common name that begins every authority made for development. */
export const DEVELOPMENT_AUTHORITY = 'Sallyport development authority';

/** What makes a start in production refuse, and what to do. */
export const INSECURITIES = Object.freeze({
  MODE_DEVELOPMENT: 'Remove `mode`, or set it to production.',
  DATABASE_EMBEDDED:
    'Set DATABASE_URL or DATABASE_URL_FILE to a Postgres of your own; the embedded one is for evaluation.',
  DATABASE_NOT_ENCRYPTED:
    'Add sslmode=verify-full (and sslrootcert, for a private authority) to the address.',
  REDIS_NOT_ENCRYPTED:
    'Use rediss://, or name the host in redisDeclaredHosts if it is on a private network that you trust.',
  TLS_MISSING: 'Set tls.certFile and tls.keyFile; the gateway does not serve plain HTTP.',
  TLS_DEVELOPMENT_CERTIFICATE:
    'Use a certificate of an authority that your platforms and applications trust.',
  TLS_CERTIFICATE_UNREADABLE: 'Name a file with a certificate chain in PEM.',
  KEY_FILE_READABLE: 'Set its mode to 0600 (0640 for a group that you trust).',
  ROOT_KEY_LOOSE: 'Set its mode to 0600, and rotate it if others may have read it.',
  ROOT_KEY_IN_REPOSITORY: 'Move it out of the repository and set rootKeyFile.',
  STATE_DIRECTORY_OPEN: 'Set its mode to 0700.',
  PUBLIC_URL_NOT_HTTPS: 'Set publicUrl to an https:// address.',
  DEVELOPMENT_HOSTS: 'Remove outbound.developmentHosts.',
  LOOPBACK_DECLARED:
    'Name the port with the host, or remove it: without a port every local service may be called.',
  METADATA_DECLARED: 'Remove it: it hands out the credentials of this machine.',
  PROXIES_UNBOUNDED: 'Name the ranges of your proxies; anyone could claim any address otherwise.',
  LOG_DEBUG: 'Set log.level to info.',
} as const);

export type InsecurityCode = keyof typeof INSECURITIES;

const WORLD = 0o007;
const OTHERS = 0o077;
const RANGE_BITS_MIN = { 4: 8, 6: 16 } as const;
const METADATA: ReadonlySet<string> = new Set([
  '169.254.169.254',
  'fd00:ec2::254',
  'metadata.google.internal',
  '100.100.100.200',
]);
const ENCRYPTED_MODES: ReadonlySet<string> = new Set(['require', 'verify-ca', 'verify-full']);
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
// RFC 1918, RFC 6598, RFC 4193.
const privateRanges = new BlockList();
privateRanges.addSubnet('10.0.0.0', 8, 'ipv4');
privateRanges.addSubnet('172.16.0.0', 12, 'ipv4');
privateRanges.addSubnet('192.168.0.0', 16, 'ipv4');
privateRanges.addSubnet('100.64.0.0', 10, 'ipv4');
privateRanges.addSubnet('fc00::', 7, 'ipv6');

/**
 * What makes a configuration unfit for production; empty when nothing does. The caller refuses to start otherwise.
 *
 * Looks at the files that the configuration names: their modes, where they are, and who issued the certificates.
 *
 * @example const found = insecurities(config); // [{ code: 'LOG_DEBUG', what: 'log.level is debug.', remedy: '…' }]
 */
export function insecurities(config: Config): readonly Insecurity[] {
  const found: Insecurity[] = [];
  const add = (code: InsecurityCode, what: string) => found.push({ code, what, remedy: INSECURITIES[code] });

  if (config.mode !== 'production') add('MODE_DEVELOPMENT', 'mode is development.');
  if (config.log.level === 'debug') add('LOG_DEBUG', 'log.level is debug.');
  if (config.publicUrl !== null && !config.publicUrl.startsWith('https://')) {
    add('PUBLIC_URL_NOT_HTTPS', 'publicUrl is a plain http:// address.');
  }
  for (const range of config.trustedProxies.filter(isUnbounded))
    add('PROXIES_UNBOUNDED', `trustedProxies holds ${range}.`);
  database(config, add);
  redis(config, add);
  hosts(config, add);
  certificates(config, add);
  files(config, add);
  return found;
}

type Add = (code: InsecurityCode, what: string) => void;

function database(config: Config, add: Add): void {
  if (config.databaseUrl === null) add('DATABASE_EMBEDDED', 'databaseUrl is not set.');
  const names = ['databaseUrl', 'migrateDatabaseUrl'] as const;
  for (const name of names) {
    const url = config[name];
    if (url !== null && (name === 'databaseUrl' || url !== config.databaseUrl) && isOpen(url)) {
      add('DATABASE_NOT_ENCRYPTED', `${name} names another machine without TLS.`);
    }
  }
}

/** The connection leaves the machine and is not encrypted for certain. */
function isOpen(secret: Secret): boolean {
  const url = URL.parse(openSecretText(secret));
  if (url === null) return true;
  const host = url.searchParams.get('host') ?? url.hostname;
  if (host === '' || host.startsWith('/') || host.startsWith('%2F') || isLoopback(host)) return false;
  return !ENCRYPTED_MODES.has(url.searchParams.get('sslmode') ?? '');
}

/** Whoever reads or changes what lies there can lift every limit, so it goes in the clear only where it was declared. */
function redis({ redisUrl, redisDeclaredHosts }: Config, add: Add): void {
  if (redisUrl === null) return;
  const url = URL.parse(openSecretText(redisUrl));
  if (url?.protocol === 'rediss:') return;
  const host = url?.hostname.toLowerCase() ?? '';
  const isDeclared =
    redisDeclaredHosts.includes(host) || redisDeclaredHosts.includes(url?.host.toLowerCase() ?? '');
  if (isLoopback(host) || (isDeclared && !isPublic(host))) return;
  add('REDIS_NOT_ENCRYPTED', 'redisUrl names another machine without TLS.');
}

function hosts(config: Config, add: Add): void {
  const { declaredHosts, developmentHosts } = config.outbound;
  if (developmentHosts.length > 0) add('DEVELOPMENT_HOSTS', 'outbound.developmentHosts is set.');
  for (const declared of declaredHosts.filter((host) => !developmentHosts.includes(host))) {
    const [, bracketed, plain = '', port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(declared) ?? [];
    const host = bracketed ?? plain;
    if (METADATA.has(host)) add('METADATA_DECLARED', `outbound.declaredHosts holds ${declared}.`);
    if (port === undefined && isLoopback(host))
      add('LOOPBACK_DECLARED', `outbound.declaredHosts holds ${declared}.`);
  }
}

function certificates(config: Config, add: Add): void {
  const { certFile } = config.tls;
  if (certFile === null) add('TLS_MISSING', 'No certificate is set.');
  for (const [name, file] of [
    ['tls.certFile', certFile],
    ['outbound.caFile', config.outbound.caFile],
  ] as const) {
    if (file === null) continue;
    const issuers = issuersIn(file);
    if (issuers === null) add('TLS_CERTIFICATE_UNREADABLE', `${name} is not a readable certificate in PEM.`);
    else if (issuers.some((issuer) => issuer.includes(DEVELOPMENT_AUTHORITY))) {
      add('TLS_DEVELOPMENT_CERTIFICATE', `${name} holds a certificate of a development authority.`);
    }
  }
}

function files(config: Config, add: Add): void {
  const { rootKeyFile, stateDirectory } = config;
  const keyMode = config.tls.keyFile === null ? null : fileMode(config.tls.keyFile);
  if (keyMode !== null && (keyMode & WORLD) !== 0)
    add('KEY_FILE_READABLE', 'tls.keyFile can be read by everyone.');
  const rootMode = fileMode(rootKeyFile);
  if (rootMode !== null && (rootMode & OTHERS) !== 0)
    add('ROOT_KEY_LOOSE', 'The root key can be read by others than its owner.');
  if (isInRepository(rootKeyFile)) add('ROOT_KEY_IN_REPOSITORY', 'The root key lies inside a repository.');
  const stateMode = fileMode(stateDirectory);
  if (stateMode !== null && (stateMode & OTHERS) !== 0)
    add('STATE_DIRECTORY_OPEN', 'stateDirectory is open to others than its owner.');
}

function issuersIn(file: string): readonly string[] | null {
  try {
    const blocks =
      readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    return blocks.length === 0 ? null : blocks.map((block) => new X509Certificate(block).issuer);
  } catch {
    return null;
  }
}

function isInRepository(file: string): boolean {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return true;
    if (folder === dirname(folder)) return false;
  }
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  if (family === 0) return bare === 'localhost' || bare.endsWith('.localhost');
  return loopback.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/** A literal address that is reached from the Internet. */
function isPublic(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  return family !== 0 && !privateRanges.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

function isUnbounded(range: string): boolean {
  const [address = '', bits = ''] = range.split('/');
  return Number(bits) < (isIP(address) === 4 ? RANGE_BITS_MIN[4] : RANGE_BITS_MIN[6]);
}
