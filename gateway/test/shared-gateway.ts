import { type Access, type Scope, scopesOf } from '#access';
import { type EnvironmentId, openSecretText, SYSTEM } from '#base';
import type { ClientAnswer, ClientCall } from './client.ts';
import { afterFile } from './database.ts';
import { withDescribedClient } from './described.ts';
import { type TestGateway, withGateway } from './gateway.ts';

/** The one gateway of a process, for tests that look at routes and leave everything of others alone. */
export interface SharedGateway extends TestGateway {
  /** Holds every answer against docs/openapi.json. */
  readonly call: (call: ClientCall) => Promise<ClientAnswer>;
  /** The same with the administration key. */
  readonly admin: (method: ClientCall['method'], path: string, body?: object) => Promise<ClientAnswer>;
  /** A new key of the environment: its whole secret. */
  readonly keyWith: (options: KeyOptions) => Promise<string>;
  /** Keys of another environment, which has nothing else. */
  readonly elsewhere: () => Promise<{ readonly adminKey: string; readonly testKey: string }>;
  /** The acts on `kind:id` in the log, oldest first, such as `key.created: success by key`. */
  readonly actsOn: (resource: string) => Promise<readonly string[]>;
}

export interface KeyOptions {
  readonly kind: 'test' | 'admin';
  readonly scopes?: readonly Scope[];
  readonly settings?: Partial<Parameters<Access['keys']['create']>[0]>;
}

let shared: Promise<SharedGateway> | null = null;
let names = 0;

/**
 * The gateway that all test files of this process share: started when the first asks, ended after the last test.
 *
 * @example const { admin } = await sharedGateway();
 */
export function sharedGateway(): Promise<SharedGateway> {
  return (shared ??= startShared());
}

/** A name that no other object of this process has. */
export function freshName(): string {
  names += 1;
  return `route ${names}`;
}

async function startShared(): Promise<SharedGateway> {
  const gateway = await withGateway(afterFile, {
    declaredHosts: ['127.0.0.1'],
    limits: { refusalWindowMs: 100 },
  });
  const { environments, access, audit } = gateway.gateway.rooms;
  const call = await withDescribedClient(afterFile, gateway);

  const keyIn = async (
    environment: EnvironmentId,
    { kind, scopes = scopesOf(kind), settings = {} }: KeyOptions,
  ) => {
    const made = await access.keys.create(
      { ...settings, environment, kind, name: freshName(), scopes },
      SYSTEM,
    );
    return openSecretText(made.secret);
  };
  const makeOther = async () => {
    const { id: organization } = await environments.createOrganization({ name: 'other' }, SYSTEM);
    const other = { organization, name: 'other', kind: 'staging', region: 'local' } as const;
    const { id } = await environments.create(other, SYSTEM);
    return { adminKey: await keyIn(id, { kind: 'admin' }), testKey: await keyIn(id, { kind: 'test' }) };
  };
  let other: ReturnType<typeof makeOther> | null = null;

  return {
    ...gateway,
    call,
    admin: (method = 'GET', path, body) =>
      call({ method, path, key: gateway.adminKey, ...(body === undefined ? {} : { body }) }),
    keyWith: (options) => keyIn(gateway.environment, options),
    elsewhere: () => (other ??= makeOther()),
    async actsOn(resource) {
      await audit.integrate();
      const { items } = await audit.entries({ environment: gateway.environment, limit: 50, resource });
      return items
        .toReversed()
        .map(({ entry: { action, outcome, actor } }) => `${action}: ${outcome} by ${actor.kind}`);
    },
  };
}
