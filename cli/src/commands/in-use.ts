import { Problem } from '../problem.ts';
import type { Client } from '../remote/client.ts';
import { segment, understood } from '../remote/remote-command.ts';

const CALLERS_SHOWN_MAX = 20;

/**
 * Ends a secret or a signer of a key. One that is still in use is refused with who uses it, which is what has to be known
 * before it can be ended or forced.
 */
export async function retire(
  client: Client,
  given: { readonly path: string; readonly key: string | undefined; readonly body: Retired },
): Promise<void> {
  try {
    await client.call({ method: 'POST', path: given.path, body: given.body });
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== 'SECRET_IN_USE') throw thrown;
    const credential = 'secret' in given.body ? given.body.secret : given.body.signer;
    throw new Problem({
      code: thrown.code,
      message: thrown.message,
      remedy: 'Move these callers to the new one first; or add --force, and they are refused from then on.',
      fields: await usersOf(client, { key: given.key, credential }),
      request: thrown.request,
    });
  }
}

export type Retired = ({ readonly secret: string } | { readonly signer: string }) & {
  readonly force: boolean;
};

async function usersOf(
  client: Client,
  { key, credential }: { key: string | undefined; credential: string },
): Promise<{ path: string; problem: string }[]> {
  const { callersShape } = await import('../remote/shapes.ts');
  const document = await client.call({ method: 'GET', path: `/keys/${segment(key)}/callers` });
  const users = understood(callersShape, document).items.filter((caller) => caller.credential === credential);
  return users.slice(0, CALLERS_SHOWN_MAX).map(({ address, agent, uses, lastUsedAt }) => ({
    path: `${address} (${agent === '' ? 'says nothing of itself' : agent})`,
    problem: `${uses} ${uses === 1 ? 'use' : 'uses'} in a day, the last ${lastUsedAt}`,
  }));
}
