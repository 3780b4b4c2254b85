import { z } from 'zod';
import { faultRuleSchema, faultTable, isFaultName, isWebhookFault } from './faults.ts';
import { PlatformError } from './koywe/errors.ts';
import { parse, type Server } from './koywe/platform.ts';
import { sandboxLimits } from './limits.ts';
import { payloadShapeSchema } from './options.ts';
import type { Sandbox } from './sandbox.ts';

/** Where the sandbox itself is steered; the platform knows nothing of it. */
export const controlRoot = '/_sandbox';

/** What the control routes steer. */
export type Control = Pick<Sandbox, 'state' | 'faults' | 'emit' | 'issueToken'>;

const emitSchema = z.strictObject({
  type: z.string().min(1).max(64),
  id: z.string().min(1).max(128).optional(),
  resourceType: z.string().min(1).max(64).optional(),
  resourceId: z.string().min(1).max(128).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  body: z.string().optional(),
  shape: payloadShapeSchema.optional(),
  fault: z
    .string()
    .refine(isFaultName, 'an unknown fault')
    .refine(isWebhookFault, 'not a fault of webhooks')
    .optional(),
});

const tokenSchema = z.strictObject({ kind: z.enum(['api', 'email']) });

/** Faults, events, tokens and state over HTTP, for a sandbox that runs in another process. */
export function addControlRoutes(server: Server, control: Control): void {
  server.get(`${controlRoot}/faults`, async () => ({ rules: control.faults.list(), faults: faultTable }));

  server.post(`${controlRoot}/faults`, async (request, reply) => {
    const rule = parse(faultRuleSchema, request.body);
    if (control.faults.list().length >= sandboxLimits.faultRulesMax) throw new PlatformError('LIMIT_REACHED');
    control.faults.add(rule);
    return reply.code(201).send({ rules: control.faults.list() });
  });

  server.delete(`${controlRoot}/faults`, async (_request, reply) => {
    control.faults.clear();
    return reply.code(204).send();
  });

  server.post(`${controlRoot}/emit`, async (request) => control.emit(parse(emitSchema, request.body)));

  server.post(`${controlRoot}/tokens`, async (request) => ({
    token: control.issueToken(parse(tokenSchema, request.body).kind),
  }));

  server.get(`${controlRoot}/state`, async () => control.state());
}
