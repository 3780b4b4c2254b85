// Acts that share an entry are all in it, each with its request and details, under the actor, object and outcome they had:
// an entry of many says no less than many entries. K23 L16; trap "No act without its entry".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, parseEntry } from '@sallyport/evidence';
import fc from 'fast-check';
import { type Act, type EnvironmentId, limitsWith } from '#base';
import { act, newEnvironment, verified, withLog } from './audit.fixture.ts';
import { type Noted, type SharedEntry, together } from './together.ts';

const limits = limitsWith({ auditDetailsBytesMax: 16_384 });
const environments = [newEnvironment(), newEnvironment()] as const;
const text = fc.constantFrom('a', 'b', 'a\nb', '💶', 'x'.repeat(300));
const optional = fc.option(text);
const noted: fc.Arbitrary<Noted> = fc
  .record({
    environment: fc.constantFrom(...environments),
    action: fc.constantFrom('call.started', 'call.finished'),
    outcome: fc.constantFrom('success' as const, 'failure' as const),
    resource: fc.constantFrom('connection:1', 'connection:2', null),
    id: fc.constantFrom('key_1', 'key_2', null),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', null),
    agent: optional,
    request: optional,
    details: fc.record({ status: fc.nat(599), method: text }),
  })
  .map(({ environment, action, outcome, resource, id, address, agent, request, details: given }) => {
    const details = { ...given };
    const actor = { kind: 'key' as const, id, address, agent, request };
    return {
      environment,
      encoded: null,
      act: { action, outcome, resource, actor, details, listedAs: 'calls' },
    };
  });

/** What an entry says of each of its acts, in full. */
function saidIn({ entry, positions }: SharedEntry): readonly JsonObject[] {
  const { id: _, time: __, version: ___, request, details, ...common } = parseEntry(entry.bytes);
  const { count, calls } = details;
  if (positions.length === 1) return [{ ...common, request, details }];
  assert.equal(request, null);
  assert.equal(count, positions.length);
  assert.ok(Array.isArray(calls));
  return calls.map(({ request: own, ...rest }) => ({ ...common, request: own, details: rest }));
}

function saidOf({ environment, act: { action, outcome, resource, actor, details } }: Noted): JsonObject {
  const { kind, id, address, agent, request } = actor;
  return { environment, action, outcome, resource, actor: { kind, id }, address, agent, request, details };
}

test('every act stands in exactly one entry, with all that it would say alone', () => {
  fc.assert(
    fc.property(fc.array(noted, { maxLength: 60 }), (acts) => {
      const { entries, failed } = together(acts, { nowMs: 1_700_000_000_000, limits });
      assert.equal(failed.size, 0);
      assert.deepEqual(
        entries.flatMap(({ positions }) => positions).toSorted((left, right) => left - right),
        acts.map((_, at) => at),
      );
      for (const shared of entries) {
        assert.ok(shared.entry.bytes.length <= limits.auditDetailsBytesMax);
        const expected = shared.positions.flatMap((at) => acts[at] ?? []);
        for (const { environment } of expected) assert.equal(environment, shared.entry.environment);
        assert.deepEqual(saidIn(shared), expected.map(saidOf));
      }
    }),
    { numRuns: 200 },
  );
});

test('as many as fit below the limit of an entry, and not one more', () => {
  const many: Noted[] = Array.from({ length: 400 }, (_, number) => ({
    environment: environments[0],
    encoded: null,
    act: listed(number, { filler: '💶'.repeat(20) }),
  }));
  const { entries, failed } = together(many, { nowMs: 0, limits });
  assert.equal(failed.size, 0);
  assert.ok(entries.length > 1 && entries.length < 200);
  for (const { entry } of entries) assert.ok(entry.bytes.length <= limits.auditDetailsBytesMax);
});

test('an act that can not be written fails alone', () => {
  const acts = [listed(1), listed(2, { filler: 'x'.repeat(limits.auditDetailsBytesMax) }), listed(3)];
  const { entries, failed } = together(
    acts.map((one) => ({ environment: environments[0], encoded: null, act: one })),
    { nowMs: 0, limits },
  );
  assert.deepEqual([...failed.keys()], [1]);
  assert.deepEqual(entries.flatMap(({ positions }) => positions).toSorted(), [0, 2]);
});

test('K23 what is noted at once is durable, integrated, and provable call by call', async (t) => {
  const { audit } = await withLog(t);
  const environment: EnvironmentId = newEnvironment();
  await Promise.all(Array.from({ length: 50 }, (_, number) => audit.note(environment, listed(number))));
  const integrated = await audit.integrate();
  assert.ok(integrated < 50, `${integrated} entries`);
  const { items } = await audit.entries({ environment, limit: 50, resource: 'key:1' });
  const requests = items.flatMap(({ entry }) => {
    const { calls } = entry.details;
    return Array.isArray(calls) ? calls.map(({ request }: JsonObject) => request) : [entry.request];
  });
  assert.deepEqual(
    requests.toSorted(),
    Array.from({ length: 50 }, (_, number) => `req_${number}`).toSorted(),
  );
  assert.deepEqual((await verified(audit, environment)).problems, []);
});

function listed(number: number, details: JsonObject = {}): Act {
  const made = act(1);
  return {
    ...made,
    actor: { ...made.actor, request: `req_${number}` },
    details: { number, ...details },
    listedAs: 'calls',
  };
}
