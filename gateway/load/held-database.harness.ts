import { Client } from 'pg';
import { type EnvironmentId, openSecretText, type Secret } from '#base';

/** Looks into the database of a held load, beside the gateway. */
export interface HeldDatabase {
  /** A folder of its own, on the disk on which its files are. */
  readonly folder: string;
  /** Due deliveries by destination. */
  due(): Promise<ReadonlyMap<string, number>>;
  /** The number of each stored webhook. */
  stored(): Promise<readonly number[]>;
  /** Waits of the schedule are cut short: what is due for a destination is due now. */
  hurry(destination: string): Promise<void>;
  /** Whether a destination is sent to. */
  setActive(destination: string, isActive: boolean): Promise<void>;
  bytes(): Promise<number>;
}

const PAGE = 50_000;

/** A connection for each look: the server may have been killed in between. */
export function heldDatabase(url: Secret, environment: EnvironmentId): HeldDatabase {
  const within = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client(openSecretText(url));
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(
        `set search_path = sallyport; set role sallyport_runtime; set sallyport.environment = '${environment}'`,
      );
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    folder: new URL(openSecretText(url)).searchParams.get('host') ?? '.',
    due: () =>
      within(async (client) => {
        const { rows } = await client.query<{ id: string; count: number }>(
          `select destination_id as id, count(*)::int as count from deliveries where state = 'due' group by 1`,
        );
        return new Map(rows.map(({ id, count }) => [id, count]));
      }),
    stored: () =>
      within(async (client) => {
        const numbers: number[] = [];
        for (let after = ''; ; ) {
          const { rows } = await client.query<{ id: string; name: string }>(
            'select id, platform_event as name from events where id > $1 order by id limit $2',
            [after, PAGE],
          );
          for (const { name } of rows) numbers.push(Number(name.slice('whk_'.length)));
          const last = rows.at(-1);
          if (last === undefined) return numbers;
          after = last.id;
        }
      }),
    hurry: (destination) =>
      within(async (client) => {
        // The gateway is at work on the same rows, in an order of its own: what it holds is left for the next time.
        await client.query(
          `update deliveries d set next_attempt_at = now() from (
             select id from deliveries where state = 'due' and destination_id = $1 and attempts > 0 and next_attempt_at > now()
             for update skip locked
           ) late where d.id = late.id`,
          [destination],
        );
      }),
    setActive: (destination, isActive) =>
      within(async (client) => {
        const [from, to] = isActive ? ['paused', 'active'] : ['active', 'paused'];
        await client.query('update destinations set state = $3 where id = $1 and state = $2', [
          destination,
          from,
          to,
        ]);
      }),
    bytes: () =>
      within(async (client) => {
        const { rows } = await client.query<{ bytes: string }>(
          'select pg_database_size(current_database()) as bytes',
        );
        return Number(rows[0]?.bytes ?? 0);
      }),
  };
}
