import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { PlatformError } from './errors.ts';
import { type Platform, parse, type Server } from './platform.ts';

export const signInPath = '/api/v1/auth/sign-in';

const signInSchema = z.object({ apiKey: z.string(), secret: z.string() });

/** Sign-in (https://docs.koywe.com/getting-started/credentials) and rotate-secret (https://docs.koywe.com/advanced/security). */
export function addAuthRoutes(server: Server, platform: Platform): void {
  server.post(signInPath, async (request) => {
    const { apiKey, secret } = parse(signInSchema, request.body);
    if (!isSame(apiKey, platform.settings.apiKey) || !isSame(secret, platform.secret)) {
      platform.report({ event: 'sign-in.refused' });
      throw new PlatformError('INVALID_CREDENTIALS');
    }
    platform.report({ event: 'sign-in.accepted' });
    return { token: platform.tokens.issue('api') };
  });

  // That the old secret dies at once while tokens live on is ours: the vendor's pages state neither.
  server.post('/api/v1/auth/credentials/rotate-secret', async (request) => {
    if (platform.tokens.identify(request.headers.authorization) !== 'api')
      throw new PlatformError('API_USER_REQUIRED');
    platform.secret = randomBytes(32).toString('hex');
    platform.report({ event: 'secret.rotated' });
    return { secret: platform.secret };
  });
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
