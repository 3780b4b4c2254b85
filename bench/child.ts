import { fork } from 'node:child_process';

/** A process of the bench: it answers questions over IPC, one at a time. */
export interface Child<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
}

/** What a process used: processor time of its own since it began, and the most memory it was seen to have resident. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentMiB: number;
}

const RESIDENT_EVERY_MS = 100;

/** Starts a program of the bench as a process of its own. */
export function startChild<Question, Answer>(
  program: URL,
  execArgv: readonly string[] = [],
): Child<Question, Answer> {
  const child = fork(program, {
    execArgv: [...execArgv],
    env: { ...process.env, NODE_ENV: 'production' },
    serialization: 'advanced',
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ask(question) {
      return new Promise((resolve, reject) => {
        const onExit = (): void => reject(new Error(`${program.pathname} ended`));
        child.once('exit', onExit);
        child.once('message', (message) => {
          child.off('exit', onExit);
          const { answer, error } = message as { answer: Answer; error?: string };
          if (error === undefined) resolve(answer);
          else reject(new Error(error));
        });
        child.send(question as object);
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** In the child: answers what the parent asks, until the parent goes. */
export function answerParent(
  answer: (question: never) => Promise<unknown>,
  end: () => Promise<void> = async () => undefined,
): void {
  process.on('message', (question) => {
    // The parent is of the same source: what it may ask is checked where `startChild` is called.
    answer(question as never).then(
      (value) => process.send?.({ answer: value }),
      (thrown: unknown) => process.send?.({ answer: null, error: String((thrown as Error).stack ?? thrown) }),
    );
  });
  process.on('disconnect', () => void end().finally(() => process.exit(0)));
  process.on('SIGINT', () => undefined);
}

/** Begins to watch this process; the function given back says what it has used, and forgets the peak of its memory. */
export function watchUsage(): () => Usage {
  let peak = 0;
  setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, RESIDENT_EVERY_MS).unref();
  return () => {
    const { user, system } = process.cpuUsage();
    const residentMiB = Math.max(peak, process.memoryUsage.rss()) / 1_048_576;
    peak = 0;
    return { cpuMs: (user + system) / 1_000, residentMiB };
  };
}
