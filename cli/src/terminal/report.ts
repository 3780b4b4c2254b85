import { type Problem, toProblem } from '../problem.ts';
import { type Terminal, visible } from './terminal.ts';

/** Says what went wrong: code, what, what to do, never a stack. With `--json` also as a document on stdout. Returns the exit code. */
export function report(thrown: unknown, terminal: Terminal): number {
  const problem = toProblem(thrown);
  if (terminal.json) terminal.line(JSON.stringify(documentOf(problem)));
  const { paintTalk: paint } = terminal;
  const lines = [
    '',
    `${paint('red', 'sallyport:')} ${visible(problem.message)} ${paint('dim', `[${problem.code}]`)}`,
    ...problem.fields.map(({ path, problem: why }) => `  - ${visible(path)}: ${visible(why)}`),
    ...(problem.remedy === '' ? [] : [`  ${visible(problem.remedy)}`]),
    ...(problem.request === null ? [] : [paint('dim', `  request ${visible(problem.request)}`)]),
  ];
  terminal.say(lines.join('\n'));
  return problem.exitCode;
}

function documentOf({ code, message, remedy, fields, request }: Problem): object {
  return {
    error: {
      code,
      message,
      remedy,
      ...(fields.length === 0 ? {} : { fields }),
      ...(request === null ? {} : { request }),
    },
  };
}
