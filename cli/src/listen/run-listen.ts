// node:crypto here: the secret of a session that was given none.
import { randomBytes } from 'node:crypto';
import { parseSecret, SchemeFault } from '@sallyport/schemes';
import { createSallyport, type Events, type PulledEvent } from '@sallyport/sdk';
import { usageProblem } from '../problem.ts';
import { type Options, textOption } from '../terminal/command.ts';
import { endingSignal } from '../terminal/endings.ts';
import { readSecret } from '../terminal/secret.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { createForwarder, type Forwarder, parseTarget } from './forward.ts';
import { hearKeys, type Press } from './keys.ts';
import { documentOf, lineOf, type Told } from './lines.ts';
import { createPatience, type Patience } from './patience.ts';
import { type Session, withSession } from './session.ts';

export interface ListenOptions {
  readonly terminal: Terminal;
  /** Those that say where the secret is. */
  readonly options: Options;
  readonly forward: string;
  readonly destination: string | undefined;
  /** How long an event in hand is given to nobody else: when it comes again if it was not taken. */
  readonly againSeconds: number;
  readonly skip: boolean;
  readonly keys: boolean;
}

/** One forwarding has to end while the event is ours, with room for its acknowledgement. */
const FORWARD_SHARE = 2 / 3;
const FORWARD_TIMEOUT_MS_MAX = 10_000;
const WAIT_SECONDS = 20;
const SKIP_ITEMS = 100;
const SKIP_LEASE_SECONDS = 30;
const SECRET_BYTES = 32;

/** Listens until a signal or a key ends it. What was not acknowledged is given again, whatever happens here. */
export async function runListen(given: ListenOptions): Promise<void> {
  const { terminal, options } = given;
  const target = parseTarget(given.forward);
  const secret = await secretOf(terminal, options);
  await withSession(given.destination, async (session) => {
    const sallyport = createSallyport({
      url: session.url,
      key: session.key,
      ...(session.ca === null ? {} : { ca: session.ca }),
    });
    const timeoutMs = Math.min(
      Math.floor(given.againSeconds * 1_000 * FORWARD_SHARE),
      FORWARD_TIMEOUT_MS_MAX,
    );
    const forwarder = createForwarder({ target, secret: secret.bytes, ca: session.ca, timeoutMs });
    try {
      await listen({
        ...given,
        session,
        events: sallyport.events,
        forwarder,
        target,
        shownSecret: secret.shown,
      });
    } finally {
      await forwarder.close();
      await sallyport.close();
    }
  });
}

interface Listening extends ListenOptions {
  readonly session: Session;
  readonly events: Events;
  readonly forwarder: Forwarder;
  readonly target: URL;
  readonly shownSecret: string | null;
}

async function listen(given: Listening): Promise<void> {
  const { terminal, session, events, forwarder } = given;
  const { destination } = session;
  const patience = createPatience(terminal, session.url);
  const ending = new AbortController();
  void endingSignal(() => process.exit(130)).then(() => ending.abort());
  const valve = createValve();
  const counts = { forwarded: 0, failed: 0 };
  let last: PulledEvent | null = null;

  const hand = async (event: PulledEvent, isReplay: boolean): Promise<boolean> => {
    const told: Told = { event, isReplay, result: await forwarder.forward(event) };
    const text = terminal.json
      ? JSON.stringify(documentOf(told))
      : lineOf(terminal, { ...told, againSeconds: given.againSeconds });
    terminal.line(text);
    counts[told.result.ok ? 'forwarded' : 'failed'] += 1;
    return told.result.ok;
  };
  const onPress = (press: Press): void => {
    if (press === 'quit') ending.abort();
    else if (press === 'pause')
      say(terminal, valve.turn() ? 'Goes on.' : 'Paused: events wait at the gateway.');
    else if (last === null) say(terminal, 'There is nothing to replay yet.');
    else void hand(last, true);
  };

  const hasKeys = given.keys || (terminal.interactive && !terminal.json);
  if (given.skip) await skip(given, patience, ending.signal);
  else await patience.run(() => events.acknowledge({ destination, batch: NO_BATCH }), ending.signal);
  greet(given, hasKeys);
  const unhear = hasKeys ? hearKeys(process.stdin, onPress) : () => undefined;
  try {
    while (!ending.signal.aborted) {
      const open = await valve.opened(ending.signal);
      const signal = AbortSignal.any([ending.signal, open]);
      const pull = {
        destination,
        limit: 1,
        waitSeconds: WAIT_SECONDS,
        leaseSeconds: given.againSeconds,
        signal,
      };
      const pulled = signal.aborted ? null : await patience.run(() => events.pull(pull), ending.signal);
      for (const event of pulled?.events ?? []) {
        last = event;
        if (!(await hand(event, false))) continue;
        const deliveries = [event.delivery];
        const done = await patience.run(() => events.acknowledge({ destination, deliveries }), ending.signal);
        if (done === null) say(terminal, `${event.id} could not be acknowledged: it will come again.`);
      }
    }
  } finally {
    unhear();
  }
  const failed = counts.failed === 0 ? '' : `, ${counts.failed} not taken`;
  say(
    terminal,
    `Ended: ${counts.forwarded} forwarded${failed}. What was not acknowledged waits at the gateway.`,
  );
}

/** Names no batch: what it asks is whether the gateway is there and the key may fetch. */
const NO_BATCH = 'bat_00000000000000000000000000';

/** Acknowledges all that waits. */
async function skip(
  { terminal, session, events }: Listening,
  patience: Patience,
  ended: AbortSignal,
): Promise<void> {
  const { destination } = session;
  let skipped = 0;
  let after: string | undefined;
  do {
    const pull = { destination, after, limit: SKIP_ITEMS, leaseSeconds: SKIP_LEASE_SECONDS };
    const pulled = await patience.run(() => events.pull(pull), ended);
    skipped += pulled?.events.length ?? 0;
    after = pulled?.batch ?? undefined;
  } while (after !== undefined && !ended.aborted);
  say(terminal, `Skipped ${skipped} that were waiting.`);
}

function greet({ terminal, session, target, shownSecret }: Listening, hasKeys: boolean): void {
  if (terminal.json) {
    const secret = shownSecret === null ? {} : { secret: shownSecret };
    const { url, destination = null } = session;
    terminal.line(JSON.stringify({ listening: true, url, destination, forward: target.href, ...secret }));
    return;
  }
  const { paintTalk: paint } = terminal;
  terminal.say(`${paint(['bold', 'green'], 'Listening')} at ${session.url}, forwarding to ${target.href}`);
  if (shownSecret !== null)
    terminal.say(`Signed (Standard Webhooks) with the secret of this session: ${paint('cyan', shownSecret)}`);
  say(terminal, hasKeys ? 'r replays the last one · space pauses · q quits' : 'Ctrl-C ends it.');
}

function say(terminal: Terminal, text: string): void {
  terminal.say(terminal.paintTalk('dim', text));
}

async function secretOf(
  terminal: Terminal,
  options: Options,
): Promise<{ readonly bytes: Uint8Array; readonly shown: string | null }> {
  const isGiven =
    options['secretStdin'] === true ||
    textOption(options, 'secretEnv') !== undefined ||
    textOption(options, 'secretFile') !== undefined;
  const text = isGiven
    ? await readSecret(options, { terminal, what: 'the secret to sign with' })
    : `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  try {
    return { bytes: parseSecret('standard-webhooks', text), shown: isGiven ? null : text };
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    throw usageProblem(
      'The secret is none of Standard Webhooks.',
      'It has the form whsec_… and 16 bytes or more.',
    );
  }
}

/** Lets events through, or not. */
function createValve() {
  let closing = new AbortController();
  let waiting: (() => void) | null = null;
  let isOpen = true;
  return {
    /** Turns it; whether it is open then. */
    turn(): boolean {
      isOpen = !isOpen;
      if (isOpen) {
        closing = new AbortController();
        waiting?.();
      } else closing.abort();
      return isOpen;
    },
    /** Resolves when it is open or `ended`; the signal aborts when it closes. */
    async opened(ended: AbortSignal): Promise<AbortSignal> {
      if (!isOpen && !ended.aborted)
        await new Promise<void>((resolve) => {
          waiting = resolve;
          ended.addEventListener('abort', () => resolve(), { once: true });
        });
      waiting = null;
      return closing.signal;
    },
  };
}
