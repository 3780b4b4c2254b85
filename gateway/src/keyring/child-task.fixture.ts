import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { type EnvironmentId, isId } from '#base';

/** For tests: what a second process is asked to do. `dieAt…`: it kills itself with SIGKILL there; 0 is never. */
export const childTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('root-key'), rootKey: z.string() }),
  z.object({
    kind: z.enum(['seal', 'rewrap']),
    url: z.string(),
    rootKey: z.string(),
    formerRootKey: z.string().nullable(),
    environment: z.custom<EnvironmentId>((value) => isId('environment', value)),
    dieAtWrap: z.number(),
    dieAtEntry: z.number(),
  }),
]);
export type ChildTask = z.output<typeof childTask>;

export interface ChildResult {
  readonly signal: string | null;
  readonly answer: string | null;
}

const said = z.object({
  answer: z.string().nullable().default(null),
  failed: z.string().optional(),
  ready: z.boolean().default(false),
});

/** For tests: starts a process that waits until it is told to begin. */
export async function startChild(): Promise<{ begin(task: ChildTask): Promise<ChildResult> }> {
  const child: ChildProcess = fork(new URL('./child.fixture.ts', import.meta.url), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    async begin(task) {
      let answer: string | null = null;
      child.on('message', (message) => {
        const { answer: given, failed } = said.parse(message);
        answer = failed === undefined ? given : `failed: ${failed}`;
      });
      const ended = once(child, 'exit');
      child.send(task);
      const [, signal] = z.tuple([z.unknown(), z.string().nullable()]).parse(await ended);
      return { signal, answer };
    },
  };
}
