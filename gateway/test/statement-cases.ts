import { newId, systemClock } from '#base';
import { ACCESS_CASES } from './access-statement-cases.ts';
import { DELIVERY_CASES } from './delivery-statement-cases.ts';
import { A, anyone, at, bytes, erasing, installation, type StatementCase, system } from './statement-case.ts';

const SEQUENCER = 'one sequencer serves the logs of all environments';
const OF_MONTHS = 'months are of no environment, and end for all of them at once';
const OF_ENVIRONMENTS = 'the command line lists environments; the eraser looks for those that are over';

/** Every statement there is, by name. One that is missing here fails the test. */
export const STATEMENT_CASES: Readonly<Record<string, StatementCase>> = Object.freeze({
  'store.version': { values: () => [], ...anyone('migrations belong to the installation') },
  'store.applied': { values: () => [], ...anyone('migrations belong to the installation') },
  'store.lock_changes': { values: () => [], ...anyone('it reads no row') },
  'store.notify_change': { values: () => ['test'], ...anyone('it reads no row, and its notice is empty') },
  'store.insert_change': { values: (fact) => [A(fact), 'environment:x'] },
  'store.newest_change': { values: () => [], counts: true, ...system('every node hears of every change') },
  'store.changes_after': { values: () => [0], ...system('every node hears of every change') },
  'store.drop_old_changes': { values: () => [0], ...system('the feed is kept short as a whole') },
  'store.erase_changes': erasing,

  'environments.insert_organization': {
    values: () => [newId('organization', systemClock), 'unheard-of', at],
    ...installation('organizations are of no environment'),
  },
  'environments.organization_by_id': {
    values: (fact) => [fact('environments', 'organization_id')],
    ...system(OF_ENVIRONMENTS),
  },
  'environments.organizations_after': { values: () => ['', 100], ...system(OF_ENVIRONMENTS) },
  'environments.insert_environment': {
    values: (fact) => [
      A(fact),
      fact('environments', 'organization_id'),
      'unheard-of',
      'development',
      'eu',
      at,
    ],
    quiet: 'it is there already',
  },
  'environments.environment_by_id': { values: (fact) => [A(fact)] },
  'environments.environments_after': { values: () => ['', 100], ...system(OF_ENVIRONMENTS) },
  'environments.environment_for_update': { values: (fact) => [A(fact)] },
  'environments.update_state': { values: (fact) => [A(fact), 'frozen', null] },
  'environments.environments_over': { values: () => [100], quiet: 'A lives', ...system(OF_ENVIRONMENTS) },
  'environments.begin_erasure': {
    values: (fact) => [A(fact), 1, 'root'],
    ...installation('what is over stands in the log of the installation'),
  },
  'environments.add_erased': { ...erasing, values: (fact) => [A(fact), ['events'], [1]] },
  'environments.end': {
    values: (fact) => [A(fact)],
    ...installation('what is over stands in the log of the installation'),
  },

  'keyring.newest_data_key': { values: (fact) => [A(fact), fact('data_keys', 'purpose')] },
  'keyring.data_key_of_version': {
    values: (fact) => [A(fact), fact('data_keys', 'purpose'), fact('data_keys', 'version')],
  },
  'keyring.insert_data_key': { values: (fact) => [A(fact), 'new', 1, 'key', 'root', bytes(8), at] },
  'keyring.data_keys_of_other_roots': { values: (fact) => [A(fact), 'another', 100] },
  'keyring.replace_data_key_wrapping': {
    values: (fact) => [
      A(fact),
      fact('data_keys', 'purpose'),
      fact('data_keys', 'version'),
      fact('data_keys', 'root_key_id'),
      bytes(8),
      'root',
    ],
  },
  'keyring.root_keys_in_use': {
    values: () => [],
    ...system('the start looks whether the root key is at hand'),
  },
  'keyring.installation_keys': { values: () => ['pepper', 10], ...system('the pepper is of no environment') },
  'keyring.insert_installation_key': {
    values: () => ['pepper', 9, 'key', 'root', bytes(8), at],
    ...system('the pepper is of no environment'),
  },
  'keyring.installation_keys_of_other_roots': {
    values: () => ['another', 10],
    ...system('the pepper is of no environment'),
  },
  'keyring.replace_installation_key_wrapping': {
    values: () => ['pepper', 1, 'root', bytes(8), 'other'],
    quiet: 'no such root key',
    ...system('the pepper is of no environment'),
  },
  'keyring.erase_data_keys': erasing,

  'audit.insert_pending': { values: (fact) => [A(fact), 'ent_new', at, 'act.done', null, bytes(8)] },
  'audit.insert_pendings': {
    values: (fact) => [A(fact), ['ent_new'], [at], ['act.done'], [null], [bytes(8)]],
  },
  'audit.select_pending_environments': { values: () => [], quiet: 'all is integrated', ...system(SEQUENCER) },
  'audit.select_unsigned_environments': { values: () => [new Date(8e15)], ...system(SEQUENCER) },
  'audit.place_pending': {
    values: (fact) => [A(fact), 1_000_000, 10],
    quiet: 'all is integrated',
    ...system(SEQUENCER),
  },
  'audit.insert_tree': { values: (fact) => [A(fact), bytes(8)], quiet: 'it is there', ...system(SEQUENCER) },
  'audit.select_tree_for_update': { values: (fact) => [A(fact)], ...system(SEQUENCER) },
  'audit.update_tree': { values: (fact) => [A(fact), 1, bytes(8), 1, at], ...system(SEQUENCER) },
  'audit.insert_checkpoint': { values: (fact) => [A(fact), 1_000_000, 'note'], ...system(SEQUENCER) },
  'audit.select_last_checkpoint': { values: (fact) => [A(fact)] },
  'audit.select_checkpoints': { values: (fact) => [A(fact), 0, 1_000_000, 10] },
  'audit.select_leaves': { values: (fact) => [A(fact), 0, 100] },
  'audit.select_entries': { values: (fact) => [A(fact), 0, 100] },
  'audit.select_entries_before': { values: (fact) => [A(fact), null, null, 10] },
  'audit.select_entries_of_resource': {
    values: (fact) => [A(fact), null, null, 10, `environment:${String(A(fact))}`],
  },
  'audit.select_signer': { values: (fact) => [A(fact)] },
  'audit.insert_signer': { values: (fact) => [A(fact), 'key', bytes(8)], quiet: 'it is there' },
  'audit.erase_audit_trees': erasing,
  'audit.erase_audit_signers': erasing,
  'audit.erase_audit_pending': erasing,
  'audit.erase_audit_checkpoints': erasing,
  'audit.erase_audit_entries': erasing,

  ...ACCESS_CASES,

  'connections.insert': {
    values: (fact) => [
      A(fact),
      'con_new',
      'koywe',
      'new',
      'https://x.test',
      bytes(8),
      'lenient',
      bytes(32),
      at,
    ],
  },
  'connections.select': { values: (fact) => [A(fact), fact('connections', 'id')] },
  'connections.select_for_update': { values: (fact) => [A(fact), fact('connections', 'id')] },
  'connections.select_page': { values: (fact) => [A(fact), null, 10] },
  'connections.update_base_url': {
    values: (fact) => [A(fact), fact('connections', 'id'), 'https://x.test', at],
  },
  'connections.update_credential': {
    values: (fact) => [A(fact), fact('connections', 'id'), bytes(8), at, bytes(32)],
  },
  'connections.update_request_checks': {
    values: (fact) => [A(fact), fact('connections', 'id'), 'strict', at],
  },
  'connections.delete': { values: (fact) => [A(fact), fact('connections', 'id')] },
  'connections.select_credential_holders': {
    values: (fact) => [[fact('connections', 'credential_mac')], 'env_another'],
    ...system('a credential is looked for in environments of other kinds'),
  },
  'connections.select_token': { values: (fact) => [A(fact), fact('connections', 'id')] },
  'connections.upsert_token': {
    values: (fact) => [
      A(fact),
      fact('connections', 'id'),
      fact('connections', 'credential_version'),
      bytes(8),
      at,
      at,
    ],
  },
  'connections.delete_token': { values: (fact) => [A(fact), fact('connections', 'id')] },
  'connections.erase_platform_tokens': erasing,
  'connections.erase_connections': erasing,

  'ingest.insert_endpoint': { values: (fact) => [A(fact), 'ep_new', 'koywe', 'new', at, [], '{}', null] },
  'ingest.select_endpoint': { values: (fact) => [A(fact), fact('endpoints', 'id')] },
  'ingest.select_endpoint_for_update': { values: (fact) => [A(fact), fact('endpoints', 'id')] },
  'ingest.select_endpoints': { values: (fact) => [A(fact), null, 10] },
  'ingest.update_endpoint_state': { values: (fact) => [A(fact), fact('endpoints', 'id'), 'paused'] },
  'ingest.update_endpoint_settings': { values: (fact) => [A(fact), fact('endpoints', 'id'), '{}'] },
  'ingest.update_endpoint_addresses': { values: (fact) => [A(fact), fact('endpoints', 'id'), []] },
  'ingest.count_endpoint_callers': {
    values: (fact) => [
      A(fact),
      '2026-01-01',
      'verified',
      [fact('endpoints', 'id')],
      ['192.0.2.1'],
      [1],
      [0],
      [0],
      10,
      'others',
    ],
  },
  'ingest.select_endpoint_callers': {
    values: (fact) => [A(fact), fact('endpoint_callers', 'endpoint_id'), at, null, 10],
  },
  'ingest.delete_old_endpoint_callers': {
    values: () => ['2999-01-01', 100],
    ...system('one sweep forgets the callers of all environments'),
  },
  'ingest.erase_endpoint_callers': erasing,
  'ingest.insert_endpoint_secret': {
    values: (fact) => [A(fact), fact('endpoints', 'id'), 'sec_new', bytes(8), at],
  },
  'ingest.delete_endpoint_secrets': { values: (fact) => [A(fact), fact('endpoints', 'id')] },
  'ingest.select_endpoint_in_use': {
    values: (fact) => [fact('endpoints', 'id')],
    ...system('a webhook names its endpoint only'),
  },
  'ingest.select_endpoint_secrets': { values: (fact) => [A(fact), fact('endpoints', 'id'), at] },
  'ingest.select_secret_views': { values: (fact) => [A(fact), fact('endpoints', 'id'), at] },
  'ingest.end_endpoint_secrets': { values: (fact) => [A(fact), fact('endpoints', 'id'), 'sec_new', at] },
  'ingest.delete_ended_secrets': {
    values: (fact) => [A(fact), fact('endpoints', 'id'), at],
    quiet: 'none has ended',
  },
  'ingest.count_secret_uses': {
    values: (fact) => [A(fact), [fact('endpoints', 'id')], [fact('endpoint_secrets', 'id')], [1], [0]],
  },
  'ingest.retire_endpoint_secret': {
    values: (fact) => [A(fact), fact('endpoints', 'id'), fact('endpoint_secrets', 'id')],
  },
  'ingest.lift_secret_end': {
    values: (fact) => [A(fact), fact('endpoints', 'id'), fact('endpoint_secrets', 'id')],
  },
  'ingest.insert_confirmations': {
    values: (fact) => [A(fact), ['evt_new'], [fact('endpoints', 'id')], at],
  },
  'ingest.claim_confirmations': {
    values: () => [new Date('2999-01-01'), new Date('2999-01-02'), 10, []],
    ...system('one list of what is to be asked about'),
  },
  'ingest.postpone_confirmation': {
    values: (fact) => [A(fact), fact('event_confirmations', 'event_id'), at, 'not-found', 1],
  },
  'ingest.delete_confirmation': { values: (fact) => [A(fact), fact('event_confirmations', 'event_id')] },
  'ingest.count_confirmations': {
    values: (fact) => [A(fact), fact('event_confirmations', 'endpoint_id'), 10],
    counts: true,
  },
  'ingest.insert_confirmed_key': {
    values: (fact) => [A(fact), fact('endpoints', 'id'), bytes(32), 'evt_new'],
  },
  'ingest.erase_event_confirmations': erasing,
  'ingest.add_endpoint_count': {
    values: (fact) => [A(fact), [fact('endpoints', 'id')], ['2026-01-01'], ['filtered'], [''], [1], [0]],
  },
  'ingest.select_endpoint_counts': {
    values: (fact) => [A(fact), fact('endpoint_counts', 'endpoint_id'), '2026-01-01', 10],
  },
  'ingest.delete_old_endpoint_counts': {
    values: () => ['2999-01-01', 100],
    ...system('one sweep forgets the counts of all environments'),
  },
  'ingest.erase_endpoint_counts': erasing,
  'ingest.insert_events': {
    values: (fact) => [
      A(fact),
      [fact('endpoints', 'id')],
      bytes(32),
      bytes(32),
      bytes(8),
      [newId('event', systemClock)],
      ['koywe'],
      [null],
      [null],
      [Date.now()],
      [8],
      ['text/plain'],
      [1],
      [8],
      ['accepted'],
      [null],
      [null],
      [0],
    ],
  },
  'ingest.select_event_keys': {
    values: (fact) => [A(fact), [fact('event_keys', 'endpoint_id')], [fact('event_keys', 'key')]],
  },
  'ingest.select_events': { values: (fact) => [A(fact), 10, null, null, null, null, null, null] },
  'ingest.select_held_events': {
    values: (fact) => [A(fact), 10, null, null, null, null, null, 'quarantined'],
    quiet: 'none is held',
  },
  'ingest.select_event_for_update': { values: (fact) => [A(fact), fact('events', 'id')] },
  'ingest.update_event_state': {
    values: (fact) => [A(fact), fact('events', 'id'), 'accepted', null, null],
  },
  'ingest.scan_events': {
    values: (fact) => [A(fact), 'evt_0', 'evt_z', 10, null, null, null],
  },
  'ingest.select_event': { values: (fact) => [A(fact), fact('events', 'id')] },
  'ingest.select_bodies': { values: (fact) => [A(fact), [fact('events', 'id')]] },
  'ingest.ensure_partition': {
    values: () => ['209901', 'evt_7zzzzzzzzzzzzzzzzzzzzzzzz0', 'evt_7zzzzzzzzzzzzzzzzzzzzzzzz1'],
    ...system('months are of no environment; the function makes partitions and reads no row'),
  },
  'ingest.select_months': { values: () => [], ...system(OF_MONTHS) },
  'ingest.count_events': { values: () => ['evt_0', 'evt_z'], ...system(OF_MONTHS) },
  'ingest.detach_month': { values: () => ['209901', 400, 1], ...system(OF_MONTHS) },
  'ingest.drop_month': { values: () => ['209901'], ...system(OF_MONTHS) },
  'ingest.count_key_pages': { values: () => [], ...system(OF_MONTHS) },
  'ingest.delete_keys_below': { values: () => [0, 1_000, 'evt_z'], ...system(OF_MONTHS) },
  'ingest.erase_endpoint_secrets': erasing,
  'ingest.erase_endpoints': erasing,
  'ingest.erase_event_keys': erasing,
  'ingest.erase_events': erasing,

  ...DELIVERY_CASES,
});
