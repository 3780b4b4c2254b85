import assert from 'node:assert/strict';
import { FAULTS, type FaultCode, isId, PROBLEM_MEDIA_TYPE, type Problem } from '#base';

/** What the matcher looks at; answers of every test client have it. */
export interface AnswerToJudge {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const MEMBERS = ['type', 'title', 'status', 'detail', 'code', 'requestId'];
// A stack, a path of a machine, a statement, a module, a class of an error: none belongs in an answer.
const INSIDE =
  /\n\s+at |\bfile:\/|node_modules|\/srv\/|\.ts\b|\b(?:select|insert|update) .+ (?:from|into|set) |ECONN|HPE_|FST_/;

/**
 * Asserts that an answer is the problem (RFC 9457) of a code, with everything that every problem has and nothing of the
 * inside; gives it back.
 *
 * @example assertProblem(await call({ path: '/nowhere' }), 'NOT_FOUND');
 */
export function assertProblem(answer: AnswerToJudge, code: FaultCode): Problem {
  const { status, headers, text } = answer;
  assert.equal(headers['content-type'], PROBLEM_MEDIA_TYPE, text);
  const problem = JSON.parse(text) as Problem;
  assert.equal(problem.code, code, text);
  assert.deepEqual(
    Object.keys(problem).filter((name) => name !== 'fields'),
    MEMBERS,
  );
  assert.equal(status, FAULTS[code].status);
  assert.equal(problem.status, status);
  assert.equal(problem.type, `urn:sallyport:error:${code}`);
  assert.equal(problem.title, FAULTS[code].title);
  assert.ok(isId('request', problem.requestId));
  assertGuarded(answer);
  assert.equal(headers['x-request-id'], problem.requestId);
  assert.doesNotMatch(text, INSIDE);
  return problem;
}

/** Asserts the headers that every answer has, whatever it says. */
export function assertGuarded({ headers }: AnswerToJudge): void {
  assert.ok(isId('request', headers['x-request-id']), 'request id');
  assert.equal(headers['strict-transport-security'], 'max-age=31536000');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['server'], undefined);
  assert.equal(headers['x-powered-by'], undefined);
}
