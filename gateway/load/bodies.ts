/** A webhook of a held load: which one, when it was due to be sent, and in which phase. */
export interface HeldWebhook {
  readonly number: number;
  readonly dueMs: number;
  readonly phase: number;
}

const FILLER = 'x'.repeat(400);
const BODY = /^\{"id":"whk_(\d+)","type":"order\.paid","due":(\d+(?:\.\d+)?),"phase":(\d+),/;

/** Its bytes. */
export function heldBody({ number, dueMs, phase }: HeldWebhook): Buffer {
  return Buffer.from(
    `{"id":"whk_${number}","type":"order.paid","due":${dueMs},"phase":${phase},"data":{"orderId":"ord_${number}","amount":1.0,"filler":"${FILLER}"}}`,
  );
}

/** What the bytes say; `null` when they are none of ours. */
export function parseHeldBody(body: Buffer): HeldWebhook | null {
  const [, number, dueMs, phase] = BODY.exec(body.toString('latin1')) ?? [];
  if (number === undefined) return null;
  return { number: Number(number), dueMs: Number(dueMs), phase: Number(phase) };
}
