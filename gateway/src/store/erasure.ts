import type { Erasure, Statement } from '#base';

/**
 * The text of a statement that deletes up to `$2` rows of a table of the environment `$1`; `columns` are those of its key
 * behind `environment_id`. For the eraser, whom the policy of {@link erasable} shows nothing of an environment that lives.
 */
export function eraseRows(table: string, columns: readonly string[]): string {
  const key = ['environment_id', ...columns].join(', ');
  return `delete from ${table} where environment_id = $1
   and (${key}) in (select ${key} from ${table} where environment_id = $1 limit $2::int)`;
}

/**
 * What a room does when an environment is over, by the statements that empty its tables, in this order.
 *
 * @example export const deliveryErasure = erasureOf({ attempts: eraseAttempts, deliveries: eraseDeliveries });
 */
export function erasureOf(tables: Readonly<Record<string, Statement<unknown>>>): Erasure {
  return Object.freeze({
    async erase(tx, environment, rowsMax) {
      const erased: Record<string, number> = {};
      let left = rowsMax;
      for (const [table, statement] of Object.entries(tables)) {
        if (left === 0) break;
        const rows = await tx.run(statement, [environment, left]);
        if (rows > 0) erased[table] = rows;
        left -= rows;
      }
      return erased;
    },
  } satisfies Erasure);
}
