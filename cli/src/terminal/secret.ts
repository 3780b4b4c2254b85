import type { Command } from 'commander';
import { Problem, usageProblem } from '../problem.ts';
import { type Options, textOption } from './command.ts';
import type { Terminal } from './terminal.ts';

const SECRET_BYTES_MAX = 64 * 1024;

/** Gives a command the ways to take a secret. None is an argument: those can be seen by everyone on the machine. */
export function takesSecret(command: Command, what: string): Command {
  return command
    .option('--secret-stdin', `read ${what} from standard input`)
    .option('--secret-env <name>', `read ${what} from an environment variable`)
    .option('--secret-file <path>', `read ${what} from a file of mode 0600`);
}

/** The secret, from where the options say; asked for on a terminal when they say nothing. Throws `USAGE`. */
export async function readSecret(
  options: Options,
  given: { terminal: Terminal; what: string },
): Promise<string> {
  const name = textOption(options, 'secretEnv');
  const file = textOption(options, 'secretFile');
  const fromStdin = options['secretStdin'] === true;
  if (Number(fromStdin) + Number(name !== undefined) + Number(file !== undefined) > 1) {
    throw usageProblem(
      'More than one place for the secret was named.',
      'Keep one of --secret-stdin, --secret-env, --secret-file.',
    );
  }
  if (name !== undefined) return fromVariable(name);
  if (file !== undefined) return fromFile(file);
  if (fromStdin) return fromStandardInput();
  return ask(given);
}

function fromVariable(name: string): string {
  const value = process.env[name] ?? '';
  if (value !== '') return value;
  throw usageProblem(
    'The variable that --secret-env names is not set.',
    'Give the name of a variable, not the secret.',
  );
}

async function fromFile(file: string): Promise<string> {
  const { readPrivate } = await import('../dev/private-file.ts');
  const text = await readPrivate(file);
  if (text !== null) return whole(text);
  throw new Problem({
    code: 'SECRET_FILE_REFUSED',
    message: `${file} is not a file that only you can read.`,
    remedy: 'It must be there, be yours, and have mode 0600.',
  });
}

async function fromStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const piece = Buffer.from(typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array ? chunk : '');
    bytes += piece.length;
    if (bytes > SECRET_BYTES_MAX)
      throw usageProblem('Standard input is too long for a secret.', 'Send the secret alone.');
    chunks.push(piece);
  }
  return whole(Buffer.concat(chunks).toString('utf8'));
}

/** Without the line end that editors and `echo` add. */
function whole(text: string): string {
  const secret = text.replace(/\r?\n$/, '');
  if (secret !== '') return secret;
  throw usageProblem('The secret is empty.', 'Send it without anything else.');
}

async function ask({ terminal, what }: { terminal: Terminal; what: string }): Promise<string> {
  if (!terminal.interactive || terminal.json) {
    throw usageProblem(
      `${what} is missing.`,
      'Give --secret-stdin, --secret-env <name> or --secret-file <path>.',
    );
  }
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message: what, output: process.stderr });
  if (isCancel(answer) || typeof answer !== 'string') throw cancelled();
  return whole(answer);
}

/** Asks whether to go on with what can't be undone; `--yes` answers beforehand. */
export async function confirmed(given: {
  terminal: Terminal;
  options: Options;
  question: string;
}): Promise<void> {
  const { terminal, options, question } = given;
  if (options['yes'] === true) return;
  if (!terminal.interactive || terminal.json) {
    throw usageProblem('This can not be undone, and nobody can be asked here.', 'Add --yes.');
  }
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
  if (isCancel(answer) || !answer) throw cancelled();
}

/** The name of what is to be destroyed, from `--confirm` or typed by a person, so that it is no slip of the hand. */
export async function repeatedName(given: { terminal: Terminal; options: Options }): Promise<string> {
  const { terminal, options } = given;
  const name = textOption(options, 'confirm');
  if (name !== undefined) return name;
  if (!terminal.interactive || terminal.json) {
    throw usageProblem('This can not be undone, and nobody can be asked here.', 'Add --confirm <name>.');
  }
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({
    message: 'Type its name to delete it with everything in it',
    output: process.stderr,
  });
  if (isCancel(answer) || typeof answer !== 'string') throw cancelled();
  return answer;
}

function cancelled(): Problem {
  return new Problem({
    code: 'CANCELLED',
    message: 'Nothing was done.',
    remedy: 'Run the command again to decide anew.',
  });
}
