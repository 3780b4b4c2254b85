import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { type RunningDev, sallyport } from './session.ts';

/** Where the demo application listens: what the one destination says. */
export async function demoUrlOf(state: string): Promise<string> {
  const { stdout, stderr } = await sallyport(['destinations', 'list', '--json'], {
    env: { SALLYPORT_STATE_DIRECTORY: state },
  });
  assert.equal(stderr, '');
  const { items } = JSON.parse(stdout) as { items: { name: string; url: string }[] };
  const url = items.find(({ name }) => name.startsWith('demo'))?.url;
  assert.ok(url !== undefined);
  return new URL(url).origin;
}

/** Has the demo application create an order, and waits until its last event was delivered. */
export async function placeOrder({ dev, state }: { dev: RunningDev; state: string }): Promise<void> {
  const demo = await demoUrlOf(state);
  const dispatcher = new Agent({ connect: { ca: await readFile(dev.ready.ca, 'utf8') } });
  const { statusCode, body } = await request(`${demo}/orders`, { method: 'POST', dispatcher });
  assert.equal(statusCode, 201, await body.text());
  await dispatcher.close();
  const { event } = await dev.line(
    ({ message, name }) => message === 'event stored' && name === 'order.completed',
  );
  await dev.line((record) => record['message'] === 'event delivered' && record['event'] === event);
}
