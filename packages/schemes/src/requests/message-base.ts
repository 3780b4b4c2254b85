import { readHeader } from '../header.ts';
import { contentDigestRefusal } from './content-digest.ts';
import type { RequestReason } from './request-reasons.ts';
import type { MessageSignatureScheme } from './request-scheme.ts';
import { signatureBase } from './signature-base.ts';

/**
 * The text that a message signature of ours signs, after the digest in it was held against the body; or why there is
 * none. `@target-uri` is `https://`, the authority and the target, each as received: nothing is rewritten.
 */
export function messageBase(scheme: MessageSignatureScheme, input: MessageBaseInput): string | BaseRefused {
  const components = [];
  for (const name of input.components) {
    const value = componentValue(name, input);
    if (typeof value !== 'string') return value;
    components.push({ identifier: `"${name}"`, value });
  }
  const digest = readHeader(input.rawHeaders, scheme.headers.digest);
  if (digest.kind !== 'present') return { reason: 'digest-missing' };
  const reason = contentDigestRefusal(digest.value, input.body);
  return reason === null ? signatureBase({ components, parameters: input.parametersText }) : { reason };
}

export interface MessageBaseInput {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly components: readonly string[];
  readonly parametersText: string;
}

interface BaseRefused {
  readonly reason: RequestReason;
}

function componentValue(name: string, input: MessageBaseInput): string | BaseRefused {
  if (name === '@method') return input.method;
  if (name === '@target-uri') return `https://${input.authority}${input.target}`;
  const header = readHeader(input.rawHeaders, name);
  if (header.kind !== 'present') {
    return { reason: name === 'content-digest' ? 'digest-missing' : 'component-missing' };
  }
  // RFC 9421 section 2.1: without white space around it; a line break would start a component of its own.
  const value = header.value.replace(/^[ \t]+|[ \t]+$/g, '');
  return /^[\x20-\x7e\t]+$/.test(value) ? value : { reason: 'component-malformed' };
}
