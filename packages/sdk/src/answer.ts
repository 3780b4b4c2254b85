import type { Dispatcher } from 'undici';
import { readProblem } from './problem.ts';
import { sdkError } from './sallyport-error.ts';

/** What the platform answered; throws `SallyportError` when it is the gateway that speaks, by a problem document. */
export async function readAnswer(response: Dispatcher.ResponseData): Promise<Answer> {
  const headers = Object.freeze(lists(response.headers));
  const bytes = await response.body.bytes();
  const type = mediaType(headers['content-type']);
  if (type === 'application/problem+json') {
    const problem = readProblem({ status: response.statusCode, headers, bytes });
    if (problem !== null) throw problem;
  }
  return { status: response.statusCode, headers, body: parsed(type, { bytes, status: response.statusCode }) };
}

export interface Answer {
  readonly status: number;
  /** Names in lower case; a repeated header's values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed value where the answer is JSON, text where it is text, else the bytes; `null` when empty. */
  readonly body: unknown;
}

function lists(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const result: Record<string, string> = {};
  // Before anything is put in: a header called `__proto__` must become a header.
  Object.setPrototypeOf(result, null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function parsed(type: string, { bytes, status }: { bytes: Uint8Array; status: number }): unknown {
  if (bytes.length === 0) return null;
  if (type === 'application/json' || /^application\/[a-z0-9.+-]+\+json$/.test(type)) {
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      throw sdkError('SDK_RESPONSE_MALFORMED', status);
    }
  }
  return type.startsWith('text/') ? new TextDecoder().decode(bytes) : bytes;
}
