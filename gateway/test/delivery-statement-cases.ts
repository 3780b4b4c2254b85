import { newId, systemClock } from '#base';
import { A, anyone, at, bytes, erasing, type StatementCase, system } from './statement-case.ts';

const OF_MONTHS = 'months are of no environment, and end for all of them at once';
const columns = [null, null, null, null, null, null, null, '{}', null, null, null] as const;

/** The statements of the deliveries' room. */
export const DELIVERY_CASES: Readonly<Record<string, StatementCase>> = Object.freeze({
  'delivery.insert_destination': {
    values: (fact) => [A(fact), 'dst_new', 'new', 'push', 'https://x.test', ...columns, at],
  },
  'delivery.count_destinations': { values: (fact) => [A(fact)], counts: true },
  'delivery.select_destination': { values: (fact) => [A(fact), fact('destinations', 'id')] },
  'delivery.lock_destination': { values: (fact) => [A(fact), fact('destinations', 'id')] },
  'delivery.select_destinations': { values: (fact) => [A(fact), null, 10] },
  'delivery.select_active_destinations': { values: (fact) => [A(fact)] },
  'delivery.update_destination': {
    values: (fact) => [A(fact), fact('destinations', 'id'), 'https://x.test', ...columns],
  },
  'delivery.update_destination_state': {
    values: (fact) => [A(fact), fact('destinations', 'id'), 'paused', at, 'by administration'],
  },
  'delivery.insert_secret': {
    values: (fact) => [
      A(fact),
      newId('secret', systemClock),
      fact('destinations', 'id'),
      'symmetric',
      bytes(8),
      null,
      at,
      null,
    ],
  },
  'delivery.select_secrets': { values: (fact) => [A(fact), [fact('destinations', 'id')], new Date(0)] },
  'delivery.select_rotated': {
    values: (fact) => [A(fact), fact('destinations', 'id'), bytes(32), new Date(0), new Date(0)],
    quiet: 'nobody asks for a rotation again',
  },
  'delivery.end_secrets': {
    values: (fact) => [A(fact), fact('destinations', 'id'), 'symmetric', 'sec_other', new Date(8e15)],
  },
  'delivery.delete_ended_secrets': {
    values: (fact) => [A(fact), fact('destinations', 'id'), new Date(8e15)],
    quiet: 'none has ended',
  },
  'delivery.insert': {
    values: (fact) => [A(fact), [newId('event', systemClock)], at, ['koywe'], ['order.paid'], [null]],
  },
  'delivery.lock_orders': { values: (fact) => [[fact('destinations', 'id')]], ...anyone('it reads no row') },
  'delivery.insert_chosen': {
    values: (fact) => [
      A(fact),
      [null],
      [newId('event', systemClock)],
      [fact('destinations', 'id')],
      [bytes(16)],
      at,
    ],
  },
  'delivery.insert_replay': {
    values: (fact) => [A(fact), newId('replay', systemClock), '{"fromMs":0,"toMs":1,"only":"all"}', at],
  },
  'delivery.count_replays': { values: (fact) => [A(fact)], counts: true },
  'delivery.select_replay': { values: (fact) => [A(fact), fact('event_replays', 'id')] },
  'delivery.lock_replay': { values: (fact) => [A(fact), fact('event_replays', 'id')] },
  'delivery.select_replays': { values: (fact) => [A(fact), null, 10] },
  'delivery.update_replay': {
    values: (fact) => [A(fact), fact('event_replays', 'id'), 'running', null, 0, 0, at],
  },
  'delivery.select_running_replays': {
    values: () => [10],
    ...system('a node goes on with those of all environments'),
    quiet: 'each is over soon',
  },
  'delivery.select_delivered': { values: (fact) => [A(fact), [fact('events', 'id')]] },
  'delivery.claim': {
    values: () => [new Date(8e15), new Date(8e15), 100, 100, [], [], [], null, '{}'],
    ...system('a node sends for all environments'),
  },
  'delivery.may_be_forgotten': { values: () => [], ...anyone('it reads no row') },
  'delivery.settle': {
    values: (fact) => [
      A(fact),
      [fact('deliveries', 'id')],
      ['delivered'],
      [200],
      [null],
      [null],
      [0],
      at,
      [1],
    ],
  },
  'delivery.promote': {
    values: (fact) => [A(fact), [fact('destinations', 'id')], [bytes(16)], at],
    quiet: 'nothing waits for another',
  },
  'delivery.promote_firsts': {
    values: (fact) => [A(fact), fact('destinations', 'id'), at],
    quiet: 'nothing waits for another',
  },
  'delivery.mark_health': {
    values: (fact) => [A(fact), [fact('destinations', 'id')], [true], [0], [false], [null], at, at, 1, 60],
  },
  'delivery.insert_attempts': {
    values: (fact) => [
      A(fact),
      [newId('attempt', systemClock)],
      [fact('deliveries', 'id')],
      [9],
      [0],
      [1],
      [200],
      [null],
      [null],
      [null],
      [null],
    ],
  },
  'delivery.select_dead_page': {
    values: (fact) => [A(fact), null, 10, null, null],
    quiet: 'nothing is dead',
  },
  'delivery.select_due_page': { values: (fact) => [A(fact), null, 10, null, null] },
  'delivery.select_waiting_page': {
    values: (fact) => [A(fact), null, 10, null, null],
    quiet: 'nothing waits for another',
  },
  'delivery.select_one': { values: (fact) => [A(fact), fact('deliveries', 'id')] },
  'delivery.lock_one': { values: (fact) => [A(fact), fact('deliveries', 'id')] },
  'delivery.hasten': { values: (fact) => [A(fact), fact('deliveries', 'id'), at] },
  'delivery.select_attempts': { values: (fact) => [A(fact), fact('deliveries', 'id'), 10] },
  'delivery.select_page': { values: (fact) => [A(fact), null, 10, null, null, null] },
  'delivery.select_pull_kind': { values: (fact) => [A(fact), fact('destinations', 'id')] },
  'delivery.pull': {
    values: (fact) => [
      A(fact),
      fact('deliveries', 'destination_id'),
      new Date(8e15),
      10,
      at,
      newId('batch', systemClock),
    ],
  },
  'delivery.return_pulled': {
    values: (fact) => [A(fact), [fact('deliveries', 'id')], newId('batch', systemClock), at],
    quiet: 'nothing was pulled',
  },
  'delivery.end_pulled': {
    values: (fact) => [
      A(fact),
      fact('deliveries', 'destination_id'),
      at,
      'delivered',
      null,
      [fact('deliveries', 'id')],
    ],
  },
  'delivery.end_batch': {
    values: (fact) => [
      A(fact),
      fact('deliveries', 'destination_id'),
      at,
      'delivered',
      null,
      at,
      newId('batch', systemClock),
    ],
    quiet: 'nothing was pulled',
  },
  'delivery.insert_pulls': {
    values: (fact) => [
      A(fact),
      [newId('attempt', systemClock)],
      [fact('deliveries', 'id')],
      [9],
      [0],
      [1],
      null,
      null,
    ],
  },
  'delivery.due_for_pulls': {
    values: (fact) => [at, [A(fact)], [fact('destinations', 'id')]],
    quiet: 'nobody pulls',
    ...system('one look for the pulls of all environments that wait at a node'),
  },
  'delivery.ensure_partition': {
    values: () => [
      'deliveries',
      '209901',
      'dlv_7zzzzzzzzzzzzzzzzzzzzzzzz0',
      'dlv_7zzzzzzzzzzzzzzzzzzzzzzzz1',
    ],
    ...system('months are of no environment; the function makes partitions and reads no row'),
  },
  'delivery.erase_destinations': erasing,
  'delivery.erase_secrets': erasing,
  'delivery.erase_replays': erasing,
  'delivery.erase_attempts': erasing,
  'delivery.erase_deliveries': erasing,
  'delivery.select_delivery_months': { values: () => [], ...system(OF_MONTHS) },
  'delivery.select_attempt_months': { values: () => [], ...system(OF_MONTHS) },
  'delivery.count_deliveries': { values: () => ['dlv_0', 'dlv_z'], ...system(OF_MONTHS) },
  'delivery.count_attempts': { values: () => ['att_0', 'att_z'], ...system(OF_MONTHS) },
  'delivery.count_due_below': { values: () => ['dlv_z'], quiet: 'nothing is due', ...system(OF_MONTHS) },
  'delivery.detach_deliveries': { values: () => ['209901', 400, 1], ...system(OF_MONTHS) },
  'delivery.drop_deliveries': { values: () => ['209901'], ...system(OF_MONTHS) },
  'delivery.detach_attempts': { values: () => ['209901', 400, 1], ...system(OF_MONTHS) },
  'delivery.drop_attempts': { values: () => ['209901'], ...system(OF_MONTHS) },
});
