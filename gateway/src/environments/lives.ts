import { type Actor, type AuditPort, type EnvironmentId, Fault, type Limits } from '#base';
import type { Store } from '#store';
import { environmentForUpdate, updateState } from './queries.ts';
import { subjectOf } from './remembered.ts';
import type { Environment, EnvironmentState } from './shapes.ts';

/**
 * What can happen to an environment. Each throws `ENVIRONMENT_NOT_FOUND`, also once its deletion has begun, and
 * `CONFLICT` in a state that does not allow it. In force on every node within a second.
 */
export interface Lives {
  /** Nothing comes in, goes out or is delivered from now on; what is there stays. */
  freeze(id: EnvironmentId, actor: Actor): Promise<Environment>;
  unfreeze(id: EnvironmentId, actor: Actor): Promise<Environment>;
  /**
   * Freezes it, and deletes it with everything in it once `environmentDeletionDelaySeconds` are over. The name must be
   * repeated: `INVALID_REQUEST` otherwise.
   */
  requestDeletion(id: EnvironmentId, confirmation: { name: string }, actor: Actor): Promise<Environment>;
  /** Keeps it. It stays frozen: whoever wants it to work again says so. */
  cancelDeletion(id: EnvironmentId, actor: Actor): Promise<Environment>;
}

export interface LivesPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly limits: Limits;
}

interface Step {
  readonly action: string;
  readonly from: readonly EnvironmentState[];
  readonly to: EnvironmentState;
  readonly otherwise: string;
}

const STEPS = Object.freeze({
  freeze: step({
    action: 'environment.frozen',
    from: ['active'],
    to: 'frozen',
    otherwise: 'It is frozen already.',
  }),
  unfreeze: step({
    action: 'environment.unfrozen',
    from: ['frozen'],
    to: 'active',
    otherwise: 'It is not frozen, or is to be deleted: keep it first.',
  }),
  requestDeletion: step({
    action: 'environment.deletion_requested',
    from: ['active', 'frozen'],
    to: 'deleting',
    otherwise: 'It is to be deleted already.',
  }),
  cancelDeletion: step({
    action: 'environment.deletion_cancelled',
    from: ['deleting'],
    to: 'frozen',
    otherwise: 'It is not to be deleted.',
  }),
});

/** Changes of state, each with its entry and its announcement in one transaction. */
export function createLives({ store, audit, limits }: LivesPorts): Lives {
  const take = (
    id: EnvironmentId,
    { action, from, to, otherwise }: Step,
    how: { readonly actor: Actor; readonly name?: string },
  ): Promise<Environment> =>
    store.transaction(id, async (tx) => {
      const before = await tx.row(environmentForUpdate, [id]);
      if (before === null) throw new Fault('ENVIRONMENT_NOT_FOUND');
      if (how.name !== undefined && how.name !== before.name) {
        throw new Fault('INVALID_REQUEST', {
          fields: [{ path: 'name', problem: 'is not the name of this environment' }],
        });
      }
      if (!from.includes(before.state)) throw new Fault('CONFLICT', { detail: otherwise });
      const delaySeconds = to === 'deleting' ? limits.environmentDeletionDelaySeconds : null;
      await tx.run(updateState, [id, to, delaySeconds]);
      const after = await tx.row(environmentForUpdate, [id]);
      if (after === null) throw new Fault('ENVIRONMENT_NOT_FOUND');
      await audit.record(tx, id, {
        action,
        actor: how.actor,
        resource: `environment:${id}`,
        outcome: 'success',
        details: delaySeconds === null ? {} : { delaySeconds },
      });
      await store.changes.announce(tx, id, subjectOf(id));
      return after;
    });

  return {
    freeze: (id, actor) => take(id, STEPS.freeze, { actor }),
    unfreeze: (id, actor) => take(id, STEPS.unfreeze, { actor }),
    requestDeletion: (id, { name }, actor) => take(id, STEPS.requestDeletion, { actor, name }),
    cancelDeletion: (id, actor) => take(id, STEPS.cancelDeletion, { actor }),
  };
}

function step(facts: Step): Step {
  return Object.freeze(facts);
}
