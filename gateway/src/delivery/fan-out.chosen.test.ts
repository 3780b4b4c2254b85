// Each destination gets the events it takes, in the transaction that stores them; where nobody looks into bodies and nobody
// keeps an order, one statement makes all deliveries, however many destinations there are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FannedEvent, Statement, Transaction } from '#base';
import { newId, systemClock, utf8 } from '#base';
import { asOwner, withRooms } from './delivery.fixture.ts';

const none = { platforms: null, types: null, endpoints: null, conditions: null };

test('by platform, type, endpoint and what the body says; one statement where no body is looked into', async (t) => {
  const rooms = await withRooms(t);
  const { environment, endpoint, delivery, store } = rooms;
  const url = 'https://127.0.0.1:9/';
  const names = new Map<string, string>();
  const add = async (name: string, fields = {}): Promise<void> =>
    void names.set((await rooms.destination(url, name, fields)).id, name);
  await add('all');
  await add('koywe', { filter: { ...none, platforms: ['koywe'] } });
  await add('stripe', { filter: { ...none, platforms: ['stripe'] } });
  await add('orders', { filter: { ...none, types: ['order.*', 'x'] } });
  await add('here', { filter: { ...none, endpoints: [endpoint] } });
  const event = (type: string | null, text: string): FannedEvent => ({
    id: newId('event', systemClock),
    platform: 'koywe',
    type,
    endpoint,
    body: utf8(text),
  });
  const events = [event('order.paid', '{"a":1}'), event('refund', '{"a":2}'), event(null, 'no JSON')];
  const taken = async (): Promise<string[]> => {
    const rows = await asOwner(rooms, 'select event_id, destination_id from deliveries');
    const at = new Map<string, number>(events.map(({ id }, index) => [id, index]));
    return rows
      .map((row) => `${at.get(String(row['event_id']))} ${names.get(String(row['destination_id']))}`)
      .sort();
  };
  const fan = (): Promise<string[]> =>
    store.transaction(environment, async (tx) => {
      const { counted, statements } = counting(tx);
      await delivery.inTransaction(counted, environment, events);
      return statements;
    });
  assert.deepEqual(await fan(), ['delivery.insert']);
  const simple = [
    '0 all',
    '0 here',
    '0 koywe',
    '0 orders',
    '1 all',
    '1 here',
    '1 koywe',
    '2 all',
    '2 here',
    '2 koywe',
  ];
  assert.deepEqual(await taken(), simple);

  await asOwner(rooms, 'delete from deliveries');
  await add('twos', { filter: { ...none, conditions: [{ path: ['a'], op: 'equals', value: 2 }] } });
  await add('in order', { orderBy: 'endpoint' });
  assert.deepEqual(await fan(), ['delivery.insert', 'delivery.lock_orders', 'delivery.insert_chosen']);
  assert.deepEqual(await taken(), [...simple, '1 twos', '0 in order', '1 in order', '2 in order'].sort());
  // Stored twice they would be refused: a delivery's id is made of the event's and the destination's.
  await assert.rejects(fan());
});

function counting(tx: Transaction): { counted: Transaction; statements: string[] } {
  const statements: string[] = [];
  const note = (statement: Statement<unknown>): void => void statements.push(statement.name);
  return {
    statements,
    counted: {
      rows: (statement, values) => (note(statement), tx.rows(statement, values)),
      row: (statement, values) => (note(statement), tx.row(statement, values)),
      run: (statement, values) => (note(statement), tx.run(statement, values)),
    },
  };
}
