import {
  isSchemeName,
  parseSecret,
  parseSigningSecret,
  sign,
  verify,
} from '../packages/schemes/src/index.ts';
import type { Received, Signed } from './adapters/adapter.ts';

/** What we make of a message, in the shape that the packages are asked in. */
export function signOurs(
  scheme: string,
  message: {
    readonly secret: string;
    readonly id: string;
    readonly nowMs: number;
    readonly unsignedBase64: string;
    readonly url: string;
    readonly target: string;
    readonly parameters: Readonly<Record<string, string>>;
  },
): Signed {
  if (!isSchemeName(scheme)) throw new Error(`${scheme} is no scheme`);
  const { secret, id, nowMs, unsignedBase64, parameters, ...addresses } = message;
  const signed = sign({
    scheme,
    secrets: [parseSigningSecret(scheme, secret)],
    body: Buffer.from(unsignedBase64, 'base64'),
    id,
    nowMs,
    parameters,
    ...given(addresses),
  });
  return { headers: signed.headers, body: Buffer.from(signed.body) };
}

/** Whether we accept a message, whose headers still stand one by one. */
export function verifyOurs(
  scheme: string,
  message: Omit<Received, 'headers'> & { readonly headers: Signed['headers']; readonly nowMs: number },
): boolean {
  if (!isSchemeName(scheme)) throw new Error(`${scheme} is no scheme`);
  const { secret, headers, body, nowMs, url, target, parameters } = message;
  const secrets = [{ id: 'current', bytes: parseSecret(scheme, secret) }];
  const rawHeaders = headers.flat();
  return verify({ scheme, secrets, rawHeaders, body, nowMs, parameters, ...given({ url, target }) }).ok;
}

function given({ url, target }: { readonly url: string; readonly target: string }) {
  return { ...(url === '' ? {} : { url }), ...(target === '' ? {} : { target }) };
}
