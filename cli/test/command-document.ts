import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createProgram } from '../src/main.ts';

const START = '<!-- commands:start -->\n';
const END = '<!-- commands:end -->';

/** The generated part of `docs/cli.md`: every command with its help. Run as a program, it writes the part anew. */
export function commandDocument(): string {
  const parts: string[] = [];
  const visit = (command: Command, path: string): void => {
    if (command.commands.length === 0) {
      command.configureHelp({ helpWidth: 100 });
      const help = command.helpInformation().trimEnd();
      parts.push(`### \`${path}\`\n\n\`\`\`text\n${help}\n\`\`\`\n`);
    }
    for (const inner of command.commands) visit(inner, `${path} ${inner.name()}`);
  };
  visit(createProgram(), 'sallyport');
  return `\n${parts.join('\n')}\n`;
}

if (import.meta.main) {
  const file = new URL('../../docs/cli.md', import.meta.url);
  const document = readFileSync(file, 'utf8');
  const [before = '', rest = ''] = document.split(START);
  const after = rest.slice(rest.indexOf(END));
  writeFileSync(file, `${before}${START}${commandDocument()}${after}`);
}
