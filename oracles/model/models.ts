import { bodies } from './bodies.ts';
import { inBody } from './in-body.ts';
import { keyModels } from './keys.ts';
import type { Model } from './model.ts';
import { standardWebhooksModels } from './standard-webhooks.ts';
import { timed } from './timed.ts';

/** Every model; those with key pairs have new keys each time. */
export function models(): readonly Model[] {
  return [...bodies, ...standardWebhooksModels, ...timed, ...inBody, ...keyModels()];
}
