export type Press = 'replay' | 'pause' | 'quit';

/** Ctrl-C and Ctrl-D arrive as characters while a terminal gives each key at once. */
const PRESSES: Readonly<Record<string, Press>> = Object.freeze({
  r: 'replay',
  ' ': 'pause',
  q: 'quit',
  '\u0003': 'quit',
  '\u0004': 'quit',
});

/**
 * Hears keys, each as it is pressed; gives what ends it and leaves the terminal as it was.
 *
 * @example const unhear = hearKeys(process.stdin, (press) => { if (press === 'quit') end(); });
 */
export function hearKeys(
  input: NodeJS.ReadableStream & {
    isTTY?: boolean;
    setRawMode?: (raw: boolean) => unknown;
    unref?: () => unknown;
  },
  hear: (press: Press) => void,
): () => void {
  const isTerminal = input.isTTY === true;
  const setRaw = (raw: boolean): void => {
    if (isTerminal) input.setRawMode?.(raw);
  };
  const onData = (chunk: Buffer | string): void => {
    for (const character of chunk.toString()) {
      const press = PRESSES[character.toLowerCase()];
      if (press !== undefined) hear(press);
    }
  };
  const restore = (): void => setRaw(false);
  setRaw(true);
  // However the process ends, the shell behind it gets its lines back.
  process.once('exit', restore);
  input.on('data', onData);
  return () => {
    input.off('data', onData);
    process.off('exit', restore);
    restore();
    input.pause();
    input.unref?.();
  };
}
