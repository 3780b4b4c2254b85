import { LIMITS } from './limits.ts';
import { SallyportError } from './sallyport-error.ts';

/** The gateway's problem (RFC 9457, with `code` and `requestId`) as an error, or `null` when it isn't one of its own. */
export function readProblem({ status, headers, bytes }: ProblemSource): SallyportError | null {
  const problem = objectOf(bytes);
  if (problem === null) return null;
  const { code, title, detail, requestId } = problem;
  if (typeof code !== 'string' || !/^[A-Za-z0-9_.-]{1,100}$/.test(code)) return null;
  const texts = [title, detail].filter((text) => typeof text === 'string').join(': ');
  return new SallyportError(code, {
    message: (texts === '' ? code : texts).slice(0, LIMITS.problemTextCharactersMax),
    status,
    requestId: typeof requestId === 'string' ? requestId.slice(0, 200) : null,
    retryAfterSeconds: retryAfter(headers['retry-after']),
  });
}

export interface ProblemSource {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

function objectOf(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Whole seconds; the gateway never sends the date form (RFC 9110 section 10.2.3), which would need a clock. */
function retryAfter(value: string | undefined): number | null {
  return value !== undefined && /^[0-9]{1,9}$/.test(value) ? Number(value) : null;
}
