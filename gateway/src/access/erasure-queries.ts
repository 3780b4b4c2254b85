import { eraseRows, erasureOf, statement } from '#store';

const none = (): null => null;

export const eraseBearerTokens = statement(
  'access.erase_bearer_tokens',
  eraseRows('bearer_tokens', ['id']),
  none,
);
export const eraseRotationAnswers = statement(
  'access.erase_rotation_answers',
  eraseRows('rotation_answers', ['key_id', 'request_digest']),
  none,
);
export const eraseSeenSignatures = statement(
  'access.erase_seen_signatures',
  eraseRows('seen_signatures', ['digest']),
  none,
);
export const eraseKeySigners = statement('access.erase_key_signers', eraseRows('key_signers', ['id']), none);
export const eraseKeyCallers = statement(
  'access.erase_key_callers',
  eraseRows('key_callers', ['key_id', 'credential_id', 'day', 'address', 'agent']),
  none,
);
export const eraseKeySecrets = statement('access.erase_key_secrets', eraseRows('key_secrets', ['id']), none);
export const eraseApiKeys = statement('access.erase_api_keys', eraseRows('api_keys', ['id']), none);

/** Deletes the keys of an environment that is over, and all that belongs to them. */
export const accessErasure = erasureOf({
  bearer_tokens: eraseBearerTokens,
  rotation_answers: eraseRotationAnswers,
  seen_signatures: eraseSeenSignatures,
  key_signers: eraseKeySigners,
  key_callers: eraseKeyCallers,
  key_secrets: eraseKeySecrets,
  api_keys: eraseApiKeys,
});
