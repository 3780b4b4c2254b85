// A thread of the search: looks through the share of the files that it is sent, answers with what it found in them, and ends.
import { parentPort } from 'node:worker_threads';
import { type Share, scan } from './scan.ts';

parentPort?.once('message', (share: Share) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to another thread, not to a window
  parentPort?.postMessage(scan(share));
});
