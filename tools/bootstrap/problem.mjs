/**
 * What a person at the terminal has to know and do: printed without a stack, ends the program with code 1.
 * @example throw new Problem('The disk is full.', 'Free some space and try again.')
 */
export class Problem extends Error {
  /** @param {string} what @param {string} remedy @param {string} [details] */
  constructor(what, remedy, details = '') {
    super(what);
    this.name = 'Problem';
    this.remedy = remedy;
    this.details = details;
  }
}

/** Prints a problem (or, for anything else, the error with its stack) and returns the exit code. */
export function report(error, write = (text) => process.stderr.write(text)) {
  if (!(error instanceof Problem)) {
    write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  }
  write(`\nsallyport: ${error.message}\n  ${error.remedy}\n`);
  if (error.details !== '') write(`\n${error.details.replace(/^/gm, '  | ')}\n`);
  return 1;
}
