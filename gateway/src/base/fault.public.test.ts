// A fault shows the caller its code, what happened and what to do; its cause and everything internal stay inside.
// Practices: K6 K19 U14 L14 Q7 (generic outside, detail inside, stable codes).
import assert from 'node:assert/strict';
import test from 'node:test';
import { Fault, toFault } from './fault.ts';
import { FAULTS, type FaultCode } from './faults.ts';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.ts';

const codes = Object.keys(FAULTS).filter((code): code is FaultCode => Object.hasOwn(FAULTS, code));

test('every code has a status of an error, a title and a remedy that are sentences (K6)', () => {
  assert.ok(codes.length > 40);
  for (const code of codes) {
    const { status, title, remedy } = FAULTS[code];
    assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    assert.ok(status >= 400 && status <= 599 && Number.isInteger(status), code);
    for (const sentence of [title, remedy]) assert.match(sentence, /^["A-Z].*\.$/, code);
  }
});

test('the catalogue is frozen and has no inherited names', () => {
  assert.ok(Object.isFrozen(FAULTS));
  assert.ok(codes.every((code) => Object.isFrozen(FAULTS[code])));
  assert.equal(Object.getPrototypeOf(FAULTS), null);
  assert.equal('constructor' in FAULTS, false);
});

test('a problem says what RFC 9457 asks for, with code and request id (K19)', () => {
  const fault = new Fault('BODY_TOO_LARGE', { detail: 'The body has more than 10 bytes.' });
  assert.deepEqual(problemOf(fault, 'req_1'), {
    type: 'urn:sallyport:error:BODY_TOO_LARGE',
    title: FAULTS.BODY_TOO_LARGE.title,
    status: 413,
    detail: `The body has more than 10 bytes. ${FAULTS.BODY_TOO_LARGE.remedy}`,
    code: 'BODY_TOO_LARGE',
    requestId: 'req_1',
  });
  assert.equal(PROBLEM_MEDIA_TYPE, 'application/problem+json');
});

test('fields are shown when there are any', () => {
  const fields = [{ path: 'name', problem: 'is required' }];
  assert.deepEqual(problemOf(new Fault('INVALID_REQUEST', { fields }), 'req_1').fields, fields);
  assert.equal('fields' in problemOf(new Fault('INVALID_REQUEST', { fields: [] }), 'req_1'), false);
});

test('no problem of any code holds the cause, its message or a stack (K19 Q7)', () => {
  const cause = new Error('canary: SELECT * FROM keys', { cause: { password: 'canary' } });
  for (const code of codes) {
    const text = JSON.stringify(problemOf(new Fault(code, { cause }), 'req_1'));
    assert.doesNotMatch(text, /canary|stack|\.ts|cause/, code);
  }
});

test('anything thrown becomes a fault: faults stay, the rest is INTERNAL with its cause inside', () => {
  const fault = new Fault('BUSY', { retryAfterSeconds: 3 });
  assert.equal(toFault(fault), fault);
  assert.equal(fault.retryAfterSeconds, 3);
  assert.equal(fault.status, 503);
  for (const thrown of [new TypeError('canary'), 'canary', null, undefined, { code: 'BUSY', status: 200 }]) {
    const made = toFault(thrown);
    assert.equal(made.code, 'INTERNAL');
    assert.equal(made.cause, thrown);
    assert.doesNotMatch(JSON.stringify(problemOf(made, 'req_1')) + made.message, /canary/);
  }
});
