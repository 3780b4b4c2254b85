import type { Scheme, SchemeSecret } from '@sallyport/schemes';
import {
  type AddressRanges,
  type Clock,
  createMemory,
  createRanges,
  type EndpointId,
  type EnvironmentId,
  type Limits,
} from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { secretContext } from './endpoint-secrets.ts';
import { type EndpointSettings, rulesOf } from './endpoint-settings.ts';
import type { Rules } from './judge.ts';
import { selectEndpointInUse } from './queries.ts';
import { schemeOf } from './scheme-of.ts';
import { selectEndpointSecrets } from './secret-queries.ts';

export type EndpointState = 'active' | 'paused';

/** An endpoint ready to verify with. */
export interface EndpointInUse {
  readonly id: EndpointId;
  readonly environment: EnvironmentId;
  readonly platform: string;
  /** `null` when nothing is signed: its events wait until they are confirmed. */
  readonly scheme: Scheme | null;
  readonly state: EndpointState;
  /** From where it may be called; `null` means from anywhere. */
  readonly ranges: AddressRanges | null;
  readonly secrets: readonly SchemeSecret[];
  readonly settings: EndpointSettings;
  readonly rules: Rules;
  /** Headers that are kept besides those of every webhook, in lower case. */
  readonly keptHeaders: ReadonlySet<string>;
}

export interface InUsePorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** Endpoints in use, remembered for `keyCacheMs`; `null` when there is no such endpoint. */
export function createInUse(ports: InUsePorts) {
  const { limits, clock } = ports;
  return createMemory<EndpointId, EndpointInUse>({
    itemsMax: limits.keyCacheItemsMax,
    trustMs: limits.keyCacheMs,
    clock,
    ask: (endpoint) => open(ports, endpoint),
  });
}

async function open(
  { store, keyring, clock }: InUsePorts,
  endpoint: EndpointId,
): Promise<EndpointInUse | null> {
  const found = await store.system(async (tx) => {
    const row = await tx.row(selectEndpointInUse, [endpoint]);
    if (row === null) return null;
    const values = [row.environment_id, endpoint, new Date(clock.now())];
    return { ...row, sealed: await tx.rows(selectEndpointSecrets, values) };
  });
  if (found === null) return null;
  const { environment_id: environment, platform, state, settings, allowed_addresses: texts } = found;
  const sealer = await keyring.sealer(environment, 'endpoints');
  const secrets: SchemeSecret[] = [];
  for (const { id, sealed_secret } of found.sealed) {
    secrets.push({ id, bytes: await sealer.open(secretContext(endpoint, id), sealed_secret) });
  }
  const scheme = schemeOf(platform, found.scheme);
  return {
    id: endpoint,
    environment,
    platform,
    scheme,
    state,
    ranges: texts.length === 0 ? null : createRanges(texts),
    secrets,
    settings,
    rules: rulesOf(platform, settings),
    keptHeaders: new Set([...headersOf(scheme), ...settings.keepHeaders]),
  };
}

/** What a scheme says in headers: an application that knows the platform's package may look for it. */
function headersOf(scheme: Scheme | null): readonly string[] {
  if (scheme === null) return [];
  const { signature, id, timestamp, key = null } = scheme.headers;
  return [signature, id, timestamp, key].filter((name) => name !== null).map((name) => name.toLowerCase());
}
