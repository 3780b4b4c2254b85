import { join, resolve } from 'node:path';
import { createReader, type Origins } from './config-reader.ts';
import { LIMIT_SETTINGS, SETTINGS } from './config-settings.ts';
import { type LimitName, type Limits, limitsWith } from './limits.ts';
import type { LogFormat, LogLevel } from './logger.ts';
import type { Secret } from './secret.ts';

/** The configuration of a gateway. Paths are absolute. */
export interface Config {
  readonly mode: 'production' | 'development';
  readonly databaseUrl: Secret | null;
  /** The owner of the tables; `databaseUrl` when none is named apart. */
  readonly migrateDatabaseUrl: Secret | null;
  /** Where several nodes count together; `null` when each counts alone. */
  readonly redisUrl: Secret | null;
  readonly redisDeclaredHosts: readonly string[];
  readonly stateDirectory: string;
  readonly listen: { readonly host: string; readonly port: number; readonly plainPort: number | null };
  readonly publicUrl: string | null;
  readonly tls: {
    readonly certFile: string | null;
    readonly keyFile: string | null;
    readonly clientCaFile: string | null;
    readonly clientCertificates: 'optional' | 'required' | null;
  };
  readonly rootKeyFile: string;
  readonly outbound: {
    readonly caFile: string | null;
    /** Hosts that may be private or loopback, those for development among them. */
    readonly declaredHosts: readonly string[];
    readonly developmentHosts: readonly string[];
  };
  readonly audit: { readonly checkpointDirectory: string };
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  readonly trustedProxies: readonly string[];
  readonly admin: { readonly allowedAddresses: readonly string[] };
  readonly limits: Limits;
}

/** What commands need that call a gateway. */
export interface ClientConfig {
  readonly url: string | null;
  readonly adminKey: Secret | null;
  readonly key: Secret | null;
  readonly caFile: string | null;
}

export interface ConfigOptions {
  /** The process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths and the default file are; the process's own when absent. */
  readonly cwd?: string;
  /** The file named on the command line. It must exist. */
  readonly file?: string;
  /** What the command itself decides, by name; stronger than variables. No secrets. */
  readonly overrides?: Readonly<Record<string, string | number | readonly string[]>>;
}

/**
 * Reads the configuration: defaults, under the file, under `SALLYPORT_*` variables, under what the command decides.
 *
 * Throws `CONFIG_INVALID` with every problem at once in `fields`: unknown names (with the nearest known one), values
 * out of bounds, secrets written into the file. No problem repeats a value.
 *
 * @example const { config, origins } = loadConfig({ overrides: { mode: 'production' } });
 */
export function loadConfig(options: ConfigOptions = {}): {
  config: Config;
  origins: Origins;
  file: string | null;
} {
  const cwd = options.cwd ?? process.cwd();
  const reader = createReader({ ...options, env: options.env ?? process.env, cwd, reads: 'gateway' });
  const { take } = reader;
  const stateDirectory = resolve(cwd, take(SETTINGS.stateDirectory));
  const databaseUrl = take(SETTINGS.databaseUrl);
  const developmentHosts = take(SETTINGS.outboundDevelopmentHosts);
  const limits: Partial<Record<LimitName, number>> = {};
  for (const [name, row] of LIMIT_SETTINGS) limits[name] = take(row);
  const config: Config = {
    mode: take(SETTINGS.mode),
    databaseUrl,
    migrateDatabaseUrl: take(SETTINGS.migrateDatabaseUrl) ?? databaseUrl,
    redisUrl: take(SETTINGS.redisUrl),
    redisDeclaredHosts: take(SETTINGS.redisDeclaredHosts),
    stateDirectory,
    listen: {
      host: take(SETTINGS.listenHost),
      port: take(SETTINGS.listenPort),
      plainPort: take(SETTINGS.listenPlainPort),
    },
    publicUrl: take(SETTINGS.publicUrl),
    tls: {
      certFile: take(SETTINGS.tlsCertFile),
      keyFile: take(SETTINGS.tlsKeyFile),
      clientCaFile: take(SETTINGS.tlsClientCaFile),
      clientCertificates: take(SETTINGS.tlsClientCertificates),
    },
    rootKeyFile: take(SETTINGS.rootKeyFile) ?? join(stateDirectory, 'root.key'),
    outbound: {
      caFile: take(SETTINGS.outboundCaFile),
      declaredHosts: [...new Set([...take(SETTINGS.outboundDeclaredHosts), ...developmentHosts])],
      developmentHosts,
    },
    audit: {
      checkpointDirectory: take(SETTINGS.auditCheckpointDirectory) ?? join(stateDirectory, 'checkpoints'),
    },
    log: { level: take(SETTINGS.logLevel), format: take(SETTINGS.logFormat) },
    trustedProxies: take(SETTINGS.trustedProxies),
    admin: { allowedAddresses: take(SETTINGS.adminAllowedAddresses) },
    limits: limitsWith(limits),
  };
  if ((config.tls.certFile === null) !== (config.tls.keyFile === null)) {
    reader.refuse('tls', 'needs both certFile and keyFile, or neither');
  }
  if ((config.tls.clientCaFile === null) !== (config.tls.clientCertificates === null)) {
    reader.refuse('tls', 'needs both clientCaFile and clientCertificates, or neither');
  }
  return { config: deepFreeze(config), origins: reader.finish(), file: reader.file };
}

/** Reads what commands need that call a gateway: `SALLYPORT_URL`, `SALLYPORT_ADMIN_KEY[_FILE]`, `SALLYPORT_KEY[_FILE]`, `SALLYPORT_CA_FILE`. */
export function loadClientConfig(options: Pick<ConfigOptions, 'env' | 'cwd'> = {}): ClientConfig {
  const reader = createReader({
    env: options.env ?? process.env,
    cwd: options.cwd ?? process.cwd(),
    reads: 'client',
  });
  const config = {
    url: reader.take(SETTINGS.clientUrl),
    adminKey: reader.take(SETTINGS.clientAdminKey),
    key: reader.take(SETTINGS.clientKey),
    caFile: reader.take(SETTINGS.clientCaFile),
  };
  reader.finish();
  return Object.freeze(config);
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
