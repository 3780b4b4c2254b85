// Bodies pass through both ways as they come: neither side waits for the whole, nothing is held that nobody reads.
// Traps "Verifying": cap while streaming, a length that is announced proves nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bytesOf,
  faultOf,
  send,
  sendWhole,
  type TestRooms,
  until,
  withPlatform,
  withRooms,
} from './connections.fixture.ts';

const MIB = 1 << 20;
const finishedOf = ({ audit }: TestRooms) => audit.acts.filter(({ action }) => action === 'call.finished');

test('a body of 3 MiB goes out piece by piece: the platform has the first before the last exists', async (t) => {
  const rooms = await withRooms(t);
  const firstArrived = Promise.withResolvers<void>();
  let bytes = 0;
  const platform = await withPlatform(t, (request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      firstArrived.resolve();
    });
    request.on('end', () => response.end(String(bytes)));
  });
  const connection = await rooms.connect(platform);
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(64 * 1024, 1);
    await firstArrived.promise; // would never come if the body were held until it is whole
    for (let piece = 1; piece < 48; piece++) yield Buffer.alloc(64 * 1024, 1);
  }
  const { text } = await sendWhole(rooms, connection, { method: 'POST', body: body(), bodyBytes: 3 * MIB });
  assert.equal(text, String(3 * MIB));
});

test('an answer comes back piece by piece: the caller has the first before the last exists', async (t) => {
  const rooms = await withRooms(t);
  const firstRead = Promise.withResolvers<void>();
  const platform = await withPlatform(t, (_request, response) => {
    response.write(Buffer.alloc(64 * 1024, 1));
    void firstRead.promise.then(() => response.end(Buffer.alloc(2 * MIB, 2)));
  });
  const connection = await rooms.connect(platform);
  const { body } = await send(rooms, connection);
  const first = await body.next();
  assert.ok(first.done !== true && first.value.length > 0);
  firstRead.resolve();
  assert.equal((await bytesOf(body)).length + first.value.length, 2 * MIB + 64 * 1024);
});

test('a caller who does not read slows the platform down; nothing piles up in between', async (t) => {
  const rooms = await withRooms(t);
  let written = 0;
  const stalled = Promise.withResolvers<void>();
  const platform = await withPlatform(t, (_request, response) => {
    const chunk = Buffer.alloc(256 * 1024, 1);
    const pour = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
      written += chunk.length;
      stalled.resolve();
    };
    response.on('drain', pour);
    pour();
  });
  const connection = await rooms.connect(platform);
  const { body } = await send(rooms, connection);
  await body.next();
  await stalled.promise;
  // What the sockets take in is bounded by the kernel; it stops growing when nobody reads.
  let before = -1;
  await until(async () => {
    const same = before === written;
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return same;
  });
  assert.ok(written < 14 * MIB, `${written} bytes were taken from the platform`);
  await body.return?.();
});

test('a platform that does not read slows the caller down', async (t) => {
  const rooms = await withRooms(t, { limits: { forwardBodyBytesMax: 64 * MIB } });
  const held = Promise.withResolvers<void>();
  const platform = await withPlatform(t, (request, response) => {
    request.pause();
    void held.promise.then(() => {
      request.resume();
      request.on('end', () => response.end('{}'));
    });
  });
  const connection = await rooms.connect(platform);
  let asked = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (; asked < 256; asked++) yield Buffer.alloc(256 * 1024, 1);
  }
  const answer = sendWhole(rooms, connection, { method: 'POST', body: body(), bodyBytes: null });
  let before = -1;
  await until(async () => {
    const same = before === asked && asked > 0;
    before = asked;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return same;
  });
  assert.ok(asked < 64, `${asked} of 256 pieces were taken`);
  held.resolve();
  assert.equal((await answer).status, 200);
  assert.equal(asked, 256);
});

test('a body over the limit is refused while it streams, whatever was announced', async (t) => {
  const rooms = await withRooms(t, {
    limits: { forwardBodyBytesMax: 100_000, forwardRepeatBytesMax: 1_000 },
  });
  let complete = 0;
  const platform = await withPlatform(t, (request, response) => {
    request.resume().on('end', () => {
      complete += 1;
      response.end();
    });
  });
  const connection = await rooms.connect(platform);
  const body = Buffer.alloc(100_001);
  await faultOf(send(rooms, connection, { method: 'POST', body, bodyBytes: null }), 'BODY_TOO_LARGE');
  await faultOf(send(rooms, connection, { method: 'POST', body, bodyBytes: 50_000 }), 'BODY_TOO_LARGE');
  assert.equal(complete, 0);
  assert.equal(
    (await sendWhole(rooms, connection, { method: 'POST', body: body.subarray(1), bodyBytes: null })).status,
    200,
  );
});

test('a body shorter or longer than announced never looks whole to the platform', async (t) => {
  const rooms = await withRooms(t, { limits: { forwardRepeatBytesMax: 1_000 } });
  let complete = 0;
  const platform = await withPlatform(t, (request, response) => {
    request.resume().on('end', () => {
      complete += 1;
      response.end();
    });
  });
  const connection = await rooms.connect(platform);
  for (const bodyBytes of [4_000, 6_000, 900]) {
    const call = { method: 'POST', body: Buffer.alloc(5_000), bodyBytes };
    await faultOf(send(rooms, connection, call), 'LENGTH_MISMATCH');
  }
  assert.equal(complete, 0);
});

for (const [size, bodyBytes, sent] of [
  ['small', 500, false],
  ['streamed', null, true],
] as const) {
  test(`a ${size} body whose sender goes away is a LENGTH_MISMATCH and never looks whole to the platform`, async (t) => {
    const rooms = await withRooms(t);
    let complete = 0;
    const platform = await withPlatform(t, (request, response) => {
      request.resume().on('end', () => {
        complete += 1;
        response.end();
      });
    });
    const connection = await rooms.connect(platform);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100);
      throw new Error('aborted');
    }
    await faultOf(send(rooms, connection, { method: 'POST', body: body(), bodyBytes }), 'LENGTH_MISMATCH');
    assert.equal(complete, 0);
    const [finished] = finishedOf(rooms);
    assert.deepEqual(
      [finished?.outcome, finished?.details['code'], finished?.details['sent']],
      ['failure', 'LENGTH_MISMATCH', sent],
    );
  });
}

for (const begun of [true, false]) {
  test(`a caller who leaves ${begun ? 'midway' : 'before the first byte'} lets the platform go, and the log says so once`, async (t) => {
    const rooms = await withRooms(t);
    const left = Promise.withResolvers<void>();
    const platform = await withPlatform(t, (_request, response) => {
      response.on('close', () => left.resolve());
      response.write(Buffer.alloc(64 * 1024, 1)); // and never ends
    });
    const connection = await rooms.connect(platform);
    const { body } = await send(rooms, connection);
    if (begun) await body.next();
    await body.return?.();
    await left.promise;
    assert.deepEqual(
      finishedOf(rooms).map(({ outcome, details }) => [outcome, details['status'], details['code']]),
      [['failure', 200, 'OUTBOUND_CANCELLED']],
    );
    assert.equal((await body.next()).done, true);
  });
}

test('a caller who leaves while the platform is silent does not wait for it', async (t) => {
  const rooms = await withRooms(t);
  const platform = await withPlatform(t, (_request, response) => void response.write('{'));
  const connection = await rooms.connect(platform);
  const { body } = await send(rooms, connection);
  const next = body.next();
  await body.return?.();
  assert.equal((await next).done, true);
  assert.equal(finishedOf(rooms).length, 1);
});
