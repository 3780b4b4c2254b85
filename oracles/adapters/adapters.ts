import type { Adapter } from './adapter.ts';
import { bodies } from './bodies.ts';
import { inBody } from './in-body.ts';
import { keys } from './keys.ts';
import { standardWebhooks } from './standard-webhooks.ts';
import { timed } from './timed.ts';

/** Every package that can say whether a message is right, one row each. */
export const ADAPTERS: readonly Adapter[] = Object.freeze([
  ...standardWebhooks,
  ...bodies,
  ...timed,
  ...inBody,
  ...keys,
]);
