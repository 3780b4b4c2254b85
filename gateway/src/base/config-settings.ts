import {
  credential,
  databaseUrl,
  host,
  hosts,
  oneOf,
  origin,
  type Parser,
  path,
  ranges,
  redisUrl,
  wholeNumber,
} from './config-parsers.ts';
import { LIMITS, type LimitName } from './limits.ts';
import { LOG_FORMATS, LOG_LEVELS } from './logger.ts';
import type { Secret } from './secret.ts';

/** One setting: where it comes from, what it accepts, and what it is for. */
export interface Setting<T> {
  /** The name in the file: groups are mappings, `listen.port` is `listen: { port: … }`. */
  readonly name: string;
  /** The variables that set it, strongest first. */
  readonly variables: readonly string[];
  readonly parser: Parser<T>;
  readonly initial: T;
  /** The default as documents show it, where it depends on something. */
  readonly initialText: string;
  /** Also taken from `<variable>_FILE`; never given in the open in the file, never shown. */
  readonly isSecret: boolean;
  /** A start in production refuses it. */
  readonly isForDevelopment: boolean;
  /** `gateway`: file and variables. `client`: read by commands that call a gateway; variables only. */
  readonly reader: 'gateway' | 'client';
  readonly about: string;
}

const rows = {
  mode: setting({
    name: 'mode',
    parser: oneOf(['production', 'development']),
    initial: 'production',
    about: '`sallyport up` is always production: it refuses to start on an insecure configuration.',
  }),
  databaseUrl: optional<Secret>({
    name: 'databaseUrl',
    variables: ['SALLYPORT_DATABASE_URL', 'DATABASE_URL'],
    parser: databaseUrl,
    isSecret: true,
    initialText: 'embedded Postgres under stateDirectory',
    about:
      'The Postgres (15 or later) that holds everything. Without it an embedded one runs, for evaluation.',
  }),
  migrateDatabaseUrl: optional<Secret>({
    name: 'migrateDatabaseUrl',
    parser: databaseUrl,
    isSecret: true,
    initialText: 'databaseUrl',
    about: 'The same database under the role that owns its tables. Used by migrations only.',
  }),
  redisUrl: optional<Secret>({
    name: 'redisUrl',
    parser: redisUrl,
    isSecret: true,
    initialText: 'each node counts alone',
    about:
      'The Redis (6.2 or later) or Valkey in which several nodes count rate limits together. One node needs none.',
  }),
  redisDeclaredHosts: setting<readonly string[]>({
    name: 'redisDeclaredHosts',
    parser: hosts,
    initial: [],
    about: 'Hosts on a network of your own that `redisUrl` may name without TLS. Public addresses never may.',
  }),
  stateDirectory: setting<string>({
    name: 'stateDirectory',
    parser: path,
    initial: '.sallyport',
    about:
      'Where the embedded database, the root key and certificates are kept unless named apart. Mode 0700.',
  }),
  listenHost: setting<string>({
    name: 'listen.host',
    parser: host,
    initial: '127.0.0.1',
    about: 'The address to listen on. `0.0.0.0` or `::` listens on all.',
  }),
  listenPort: setting<number>({
    name: 'listen.port',
    parser: wholeNumber(0, 65_535),
    initial: 8443,
    about: 'The port to listen on. 0 takes a free one.',
  }),
  listenPlainPort: optional<number>({
    name: 'listen.plainPort',
    parser: wholeNumber(0, 65_535),
    initialText: 'none',
    about:
      'A port without TLS, such as 80, that serves nothing: pages are redirected to `publicUrl`, all else gets 403.',
  }),
  publicUrl: optional<string>({
    name: 'publicUrl',
    parser: origin,
    initialText: 'the address it listens on',
    about: 'How platforms and applications reach this gateway; begins the webhook addresses it hands out.',
  }),
  tlsCertFile: optional<string>({
    name: 'tls.certFile',
    parser: path,
    about: 'The certificate chain of the listener, in PEM.',
  }),
  tlsKeyFile: optional<string>({
    name: 'tls.keyFile',
    parser: path,
    about: 'The private key of that certificate, in PEM. Not readable by everyone.',
  }),
  tlsClientCaFile: optional<string>({
    name: 'tls.clientCaFile',
    parser: path,
    about: 'The one authority of client certificates, in PEM. No other is believed.',
  }),
  tlsClientCertificates: optional<'optional' | 'required'>({
    name: 'tls.clientCertificates',
    parser: oneOf(['optional', 'required']),
    initialText: 'not asked for',
    about:
      '`required` refuses a connection without a certificate of `tls.clientCaFile` within its handshake; `optional` refuses only an invalid one.',
  }),
  rootKeyFile: optional<string>({
    name: 'rootKeyFile',
    parser: path,
    initialText: 'root.key in stateDirectory',
    about:
      'The key that wraps every data key. Mode 0600, outside any repository. Without it nothing can be opened: back it up.',
  }),
  outboundCaFile: optional<string>({
    name: 'outbound.caFile',
    parser: path,
    about:
      'Further certificate authorities for calls out and for `redisUrl`, in PEM, beside those of the runtime.',
  }),
  outboundDeclaredHosts: setting<readonly string[]>({
    name: 'outbound.declaredHosts',
    parser: hosts,
    initial: [],
    about: 'Hosts that may be called although their address is private, loopback or otherwise reserved.',
  }),
  outboundDevelopmentHosts: setting<readonly string[]>({
    name: 'outbound.developmentHosts',
    parser: hosts,
    initial: [],
    isForDevelopment: true,
    about: 'The same for the sandbox and the demo application.',
  }),
  auditCheckpointDirectory: optional<string>({
    name: 'audit.checkpointDirectory',
    parser: path,
    initialText: 'checkpoints in stateDirectory',
    about:
      'Where signed checkpoints of the log are written. Best on another machine: they show a log that was cut.',
  }),
  logLevel: setting({
    name: 'log.level',
    parser: oneOf(LOG_LEVELS),
    initial: 'info',
    about: 'The least severe lines that are written. `debug` adds the names of functions to errors.',
  }),
  logFormat: setting({
    name: 'log.format',
    parser: oneOf(LOG_FORMATS),
    initial: 'json',
    about: 'JSON lines, or one readable line for each event.',
  }),
  trustedProxies: setting<readonly string[]>({
    name: 'trustedProxies',
    parser: ranges,
    initial: [],
    about:
      'Proxies whose `X-Forwarded-For` is believed, one hop for each. Without any, the socket tells who calls.',
  }),
  adminAllowedAddresses: setting<readonly string[]>({
    name: 'admin.allowedAddresses',
    parser: ranges,
    initial: [],
    initialText: 'all',
    about: 'From where `/admin/` may be called, by the address of the client. Empty, from everywhere.',
  }),
  clientUrl: optional<string>({
    name: 'client.url',
    variables: ['SALLYPORT_URL'],
    parser: origin,
    reader: 'client',
    about: 'The gateway that commands call.',
  }),
  clientAdminKey: optional<Secret>({
    name: 'client.adminKey',
    variables: ['SALLYPORT_ADMIN_KEY'],
    parser: credential,
    isSecret: true,
    reader: 'client',
    about: 'The `sk_admin_` key that commands present.',
  }),
  clientKey: optional<Secret>({
    name: 'client.key',
    variables: ['SALLYPORT_KEY'],
    parser: credential,
    isSecret: true,
    reader: 'client',
    about:
      "The application's key that `sallyport listen` presents. Without it one is made for the time being.",
  }),
  clientCaFile: optional<string>({
    name: 'client.caFile',
    variables: ['SALLYPORT_CA_FILE'],
    parser: path,
    reader: 'client',
    about: 'The certificate authority of that gateway, in PEM, when it is a private one.',
  }),
};

/** The table of settings, without the limits. */
export const SETTINGS = Object.freeze(rows);

/** One setting for each limit: `limits.<name>`, `SALLYPORT_LIMITS_<NAME>`, within its bounds. */
export const LIMIT_SETTINGS: ReadonlyMap<LimitName, Setting<number>> = new Map(
  Object.keys(LIMITS)
    .filter(isLimitName)
    .map((name) => {
      const { value, min, max, about } = LIMITS[name];
      const parser = wholeNumber(min, max);
      return [name, setting<number>({ name: `limits.${name}`, parser, initial: value, about })];
    }),
);

/** The variable that names the configuration file. */
export const FILE_VARIABLE = 'SALLYPORT_CONFIG';

/** Every setting, for those who only name or show them. */
export const ALL_SETTINGS: readonly Setting<unknown>[] = Object.freeze([
  ...Object.values(SETTINGS),
  ...LIMIT_SETTINGS.values(),
]);

/**
 * The variable of a setting.
 *
 * @example variableOf('listen.port') // 'SALLYPORT_LISTEN_PORT'
 */
export function variableOf(name: string): string {
  return `SALLYPORT_${name
    .replaceAll('.', '_')
    .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`;
}

type Given<T> = Pick<Setting<T>, 'name' | 'parser' | 'about'> & Partial<Omit<Setting<T>, 'initial'>>;

function setting<T>(given: Given<T> & { initial: NoInfer<T> }): Setting<T> {
  const { initial } = given;
  return Object.freeze({
    variables: Object.freeze([variableOf(given.name)]),
    initialText: Array.isArray(initial) ? initial.join(', ') : String(initial ?? ''),
    isSecret: false,
    isForDevelopment: false,
    reader: 'gateway' as const,
    ...given,
  });
}

function optional<T>(given: Omit<Given<T | null>, 'parser'> & { parser: Parser<T> }): Setting<T | null> {
  return setting<T | null>({ ...given, initial: null });
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(LIMITS, name);
}
