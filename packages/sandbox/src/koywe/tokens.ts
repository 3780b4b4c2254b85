import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { PlatformError } from './errors.ts';

/** `api`: signed in with key and secret. `email`: a person, who may do everything but rotate the secret. */
export type TokenKind = 'api' | 'email';

/** HS256 tokens (RFC 7519, RFC 7515), signed by a key that lives as long as the sandbox. */
export interface Tokens {
  issue(kind: TokenKind): string;
  /** Who presents this `Authorization` header; throws `TOKEN_INVALID` or `TOKEN_EXPIRED`. */
  identify(authorization: string | undefined): TokenKind;
}

const claimsSchema = z.object({ kind: z.enum(['api', 'email']), exp: z.int() });
const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');

export function createTokens(options: { subject: string; lifeSeconds: number }): Tokens {
  const key = randomBytes(32);
  const mac = (text: string): Buffer => createHmac('sha256', key).update(text).digest();

  return {
    issue(kind) {
      const iat = Math.floor(Date.now() / 1000);
      const claims = {
        sub: options.subject,
        kind,
        jti: randomBytes(8).toString('hex'),
        iat,
        exp: iat + options.lifeSeconds,
      };
      const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${signed}.${mac(signed).toString('base64url')}`;
    },
    identify(authorization) {
      const match = /^Bearer (([\w-]+)\.([\w-]+))\.([\w-]{43})$/.exec(authorization ?? '');
      const [, signed = '', head, body = '', signature = ''] = match ?? [];
      // The header is compared whole: nobody else chooses an algorithm.
      const authentic = head === header && timingSafeEqual(Buffer.from(signature, 'base64url'), mac(signed));
      if (!authentic) throw new PlatformError('TOKEN_INVALID');
      const claims = claimsSchema.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
      if (claims.exp * 1000 <= Date.now()) throw new PlatformError('TOKEN_EXPIRED');
      return claims.kind;
    },
  };
}
