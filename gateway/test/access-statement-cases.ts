import { A, at, bytes, erasing, type StatementCase, system } from './statement-case.ts';

const OF_KEY = 'a key or token is looked up before its environment is known';

/** The statements of the access room. */
export const ACCESS_CASES: Readonly<Record<string, StatementCase>> = Object.freeze({
  'access.insert_key': {
    values: (fact) => [
      A(fact),
      'key_new',
      'test',
      'new',
      at,
      [],
      null,
      null,
      null,
      [],
      [],
      null,
      false,
      null,
      null,
    ],
  },
  'access.update_key': {
    values: (fact) => [
      A(fact),
      fact('api_keys', 'id'),
      at,
      [],
      null,
      null,
      null,
      [],
      [],
      null,
      false,
      null,
      null,
    ],
  },
  'access.select_keys': { values: (fact) => [A(fact), null, 10] },
  'access.select_key': { values: (fact) => [A(fact), fact('api_keys', 'id')] },
  'access.hold_key': { values: (fact) => [A(fact), fact('api_keys', 'id')] },
  'access.lock_key': { values: (fact) => [A(fact), fact('api_keys', 'id')] },
  'access.revoke_key': { values: (fact) => [A(fact), fact('api_keys', 'id'), at] },
  'access.insert_secret': {
    values: (fact) => [A(fact), 'sec_new', fact('api_keys', 'id'), 1, bytes(32), at],
  },
  'access.select_secrets': { values: (fact) => [A(fact), fact('key_secrets', 'key_id'), at] },
  'access.end_secrets': { values: (fact) => [A(fact), fact('key_secrets', 'key_id'), 'sec_other', at] },
  'access.retire_secret': {
    values: (fact) => [A(fact), fact('key_secrets', 'key_id'), fact('key_secrets', 'id'), at],
  },
  'access.count_tokens': {
    values: (fact) => [A(fact), fact('bearer_tokens', 'key_id'), null, at],
    counts: true,
  },
  'access.select_key_holder': { values: (fact) => [[fact('key_secrets', 'digest')]], ...system(OF_KEY) },
  'access.select_token_holder': { values: (fact) => [[fact('bearer_tokens', 'digest')]], ...system(OF_KEY) },
  'access.select_signed_holder': { values: (fact) => [fact('api_keys', 'id')], ...system(OF_KEY) },
  'access.insert_token': {
    values: (fact) => [A(fact), 'btk_new', fact('api_keys', 'id'), null, 1, bytes(32), at, at],
  },
  'access.delete_expired_tokens': {
    values: () => [new Date(8e15), 100],
    ...system('one sweep removes expired tokens of all environments'),
  },
  'access.count_caller': {
    values: (fact) => [A(fact), fact('api_keys', 'id'), 'sec_new', '2026-01-01', '192.0.2.1', 'a', 1, at, at],
  },
  'access.count_key': { values: (fact) => [A(fact), fact('api_keys', 'id'), 1, at, '192.0.2.1', 'a'] },
  'access.select_callers': {
    values: (fact) => [A(fact), fact('key_callers', 'key_id'), at, null, 10],
  },
  'access.select_administrators': {
    values: () => [at, 10],
    ...system('the start and the doctor look whom an allowlist of administration would refuse'),
  },
  'access.delete_old_callers': {
    values: () => ['2999-01-01', 100],
    ...system('one sweep forgets the callers of all environments'),
  },
  'access.insert_answer': {
    values: (fact) => [A(fact), fact('api_keys', 'id'), bytes(32), 'sec_new', bytes(8), at],
  },
  'access.select_answer': {
    values: (fact) => [
      A(fact),
      fact('rotation_answers', 'key_id'),
      fact('rotation_answers', 'request_digest'),
      at,
    ],
  },
  'access.delete_old_answers': {
    values: () => [new Date(8e15), 100],
    ...system('one sweep removes the answers of all environments'),
  },
  'access.insert_signer': {
    values: (fact) => [
      A(fact),
      'sgn_new',
      fact('api_keys', 'id'),
      'mintmove',
      'hmac-sha256',
      bytes(8),
      null,
      at,
    ],
  },
  'access.select_signers': { values: (fact) => [A(fact), fact('key_signers', 'key_id')] },
  'access.retire_signer': {
    values: (fact) => [A(fact), fact('key_signers', 'key_id'), fact('key_signers', 'id'), at],
  },
  'access.remember_signatures': {
    values: (fact) => [[A(fact)], [bytes(32)], [at]],
    ...system('signatures of all environments are remembered in one insert'),
  },
  'access.delete_old_signatures': {
    values: () => [new Date(8e15), 100],
    ...system('one sweep forgets the signatures of all environments'),
  },
  'access.erase_bearer_tokens': erasing,
  'access.erase_rotation_answers': erasing,
  'access.erase_seen_signatures': erasing,
  'access.erase_key_signers': erasing,
  'access.erase_key_callers': erasing,
  'access.erase_key_secrets': erasing,
  'access.erase_api_keys': erasing,
});
