/** A command as the checks see it: what the command line program is made of, by name. */
export interface CommandWords {
  readonly name: string;
  readonly commands: readonly CommandWords[];
  readonly options: readonly string[];
}

const CALL = /(?<![\w@/.-])sallyport((?: +(?:--)?[a-z<][^\s`|;&#)]*)*)/g;

/**
 * What is wrong with the calls of `sallyport` in a piece of code: a command or an option that there is not. A group may
 * stand for its commands (`sallyport keys`).
 *
 * @example wrongCalls(program, 'sallyport kyes list') // ['sallyport kyes: there is no such command']
 */
export function wrongCalls(program: CommandWords, text: string): readonly string[] {
  return [...text.matchAll(CALL)].flatMap((match) => {
    const words = (match[1] ?? '').split(/ +/).filter((word) => word !== '');
    let command = program;
    const path = [program.name];
    const wrong: string[] = [];
    let inArguments = false;
    for (const word of words) {
      if (word.startsWith('--')) {
        const option = word.split('=', 1)[0] ?? '';
        if (!command.options.includes(option)) wrong.push(`${path.join(' ')} has no option ${option}`);
        inArguments = true;
      } else if (!inArguments && command.commands.length > 0) {
        const next = command.commands.find(({ name }) => name === word);
        if (next === undefined) return [...wrong, `${[...path, word].join(' ')}: there is no such command`];
        command = next;
        path.push(word);
      } else inArguments = true;
    }
    return wrong;
  });
}
