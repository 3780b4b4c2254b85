import { Fault } from '#base';
import type { EnvironmentKind } from '#environments';
import { PLATFORMS, type PlatformProfile } from '#platforms';

export interface BaseUrlQuestion {
  /** What the operator gave, or nothing for the platform's own host. */
  readonly baseUrl: string | undefined;
  readonly platform: PlatformProfile;
  readonly environmentKind: EnvironmentKind;
  /** Hosts declared in the configuration, as `host` or `host:port`. */
  readonly declaredHosts: readonly string[];
}

/**
 * The origin a connection calls. A sandbox credential can't be bound to a live host nor the other way round (K3):
 * production meets the live host, everything else the sandbox, and any further host must be declared. Declaring a
 * platform's host doesn't lift that rule, whatever the port. Asked when a connection is made and each time it is used,
 * so that a declaration withdrawn, or an address changed behind our back in the table, is refused.
 *
 * Throws `HOST_NOT_ALLOWED`.
 */
export function baseUrlFor({ baseUrl, platform, environmentKind, declaredHosts }: BaseUrlQuestion): string {
  const production = environmentKind === 'production';
  const own = production ? platform.hosts.live : platform.hosts.sandbox;
  if (baseUrl === undefined || baseUrl === own) return own;
  const url = URL.parse(baseUrl);
  if (url === null || url.protocol !== 'https:' || `${url.origin}/` !== url.href) {
    throw new Fault('HOST_NOT_ALLOWED', {
      detail: 'The base address must be https://host[:port] and nothing more.',
    });
  }
  if (url.origin === own) return own;
  if (FOREIGN[production ? 'production' : 'other'].has(hostOf(url))) {
    throw new Fault('HOST_NOT_ALLOWED', {
      detail: `A ${environmentKind} environment never calls ${url.host}.`,
    });
  }
  const port = url.port === '' ? '443' : url.port;
  if (declaredHosts.includes(url.hostname) || declaredHosts.includes(`${url.hostname}:${port}`))
    return url.origin;
  throw new Fault('HOST_NOT_ALLOWED', { detail: `${url.host} is neither the platform's nor declared.` });
}

/** The hosts of every platform that an environment must not meet, by its side of the line. */
const FOREIGN = Object.freeze({
  production: hostsOf(({ sandbox }) => sandbox),
  other: hostsOf(({ live }) => live),
});

function hostsOf(side: (hosts: PlatformProfile['hosts']) => string): ReadonlySet<string> {
  return new Set(Object.values(PLATFORMS).map(({ hosts }) => hostOf(new URL(side(hosts)))));
}

/** The name as resolvers see it: a last dot changes nothing. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/\.$/, '');
}
