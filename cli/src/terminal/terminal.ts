import { isatty } from 'node:tty';
import { stripVTControlCharacters, styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes: data to stdout, talk to stderr. */
export interface Terminal {
  /** `--json` was given. */
  readonly json: boolean;
  /** Somebody sits there who can be asked. */
  readonly interactive: boolean;
  /** Data: text when it is for people, one document when `--json` was given. */
  data(document: unknown, text: () => string): void;
  /** One line of a stream of data. */
  line(text: string): void;
  /** Talk: on stderr, one line. */
  say(text: string): void;
  /** Colours for stdout. */
  paint(style: Style, text: string): string;
  /** Colours for stderr. */
  paintTalk(style: Style, text: string): string;
}

/** The terminal of this process. Colours are off with `NO_COLOR`, and where nobody looks. */
export function createTerminal({ json }: { json: boolean }): Terminal {
  const painter = (stream: NodeJS.WriteStream) => (style: Style, text: string) =>
    styleText(style, text, { stream, validateStream: true });
  const paint = painter(process.stdout);
  const plain = (_style: Style, text: string): string => text;
  return Object.freeze({
    json,
    interactive: isatty(0) && isatty(2),
    data(document: unknown, text: () => string) {
      const shown = json ? JSON.stringify(document) : text().trimEnd();
      if (shown !== '') process.stdout.write(`${shown}\n`);
    },
    line: (text: string) => void process.stdout.write(`${text}\n`),
    say: (text: string) => void process.stderr.write(`${text}\n`),
    paint: json ? plain : paint,
    paintTalk: painter(process.stderr),
  });
}

/** Text from elsewhere, safe to print: what a stranger wrote must not steer the terminal. */
export function visible(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
