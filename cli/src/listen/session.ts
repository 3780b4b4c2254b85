import type { Client } from '../remote/client.ts';
import { understood } from '../remote/remote-command.ts';

/** What events are fetched with. */
export interface Session {
  readonly url: string;
  readonly ca: string | null;
  readonly key: string;
  /** What a key that is bound to it need not name. */
  readonly destination: string | undefined;
}

const NAME = 'listen';
const PAGE_ITEMS = '200';
/** A session that is killed leaves a key behind: it ends by itself. */
const KEY_LIFE_MS = 24 * 3_600_000;

/**
 * Runs work with a key for events: the one that `SALLYPORT_KEY` names; else one that is made for the time being by the
 * administration key, for nothing but one pull destination, and revoked afterwards.
 */
export async function withSession(
  destination: string | undefined,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { findApplication, withClient } = await import('../remote/client.ts');
  const application = await findApplication();
  if (application !== null) return work({ ...application, destination });
  return withClient(async (client) => {
    const id = destination ?? (await findOrMake(client));
    const { newKeyShape } = await import('../remote/shapes.ts');
    const body = {
      kind: 'test',
      name: `${NAME} ${new Date().toISOString().replaceAll(/[-:]/g, '')}`,
      scopes: ['events:pull'],
      boundTo: { kind: 'destination', id },
      expiresAt: new Date(Date.now() + KEY_LIFE_MS).toISOString(),
    };
    const made = understood(newKeyShape, await client.call({ method: 'POST', path: '/keys', body }));
    try {
      await work({ url: client.url, ca: client.ca, key: made.secret, destination: id });
    } finally {
      // Where the gateway is gone it can't be revoked; its end does it then.
      await client.call({ method: 'POST', path: `/keys/${made.key.id}/revoke` }).catch(() => undefined);
    }
  });
}

/** The destination that `listen` made before, or a new one. */
async function findOrMake(client: Client): Promise<string> {
  const { destinationShape, newDestinationShape, pageShape } = await import('../remote/shapes.ts');
  let after: string | undefined;
  do {
    const query = { limit: PAGE_ITEMS, after };
    const document = await client.call({ method: 'GET', path: '/destinations', query });
    const { items, next } = understood(pageShape(destinationShape), document);
    const found = items.find(({ name, kind }) => name === NAME && kind === 'pull');
    if (found !== undefined) return found.id;
    after = next === null ? undefined : String(next);
  } while (after !== undefined);
  const body = { name: NAME, kind: 'pull' };
  const made = await client.call({ method: 'POST', path: '/destinations', body });
  return understood(newDestinationShape, made).destination.id;
}
