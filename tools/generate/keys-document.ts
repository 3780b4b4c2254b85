import { SCOPES } from '../../gateway/src/main.ts';
import { code, type GeneratedDocument, table } from './document.ts';
import { withParts } from './part.ts';

/** `docs/keys.md`: the table of scopes. */
export const keysDocument: GeneratedDocument = Object.freeze({
  path: 'docs/keys.md',
  render() {
    const rows = Object.entries(SCOPES).map(([scope, { surface, whileFrozen, about }]) => [
      code(scope),
      surface === 'admin' ? 'admin' : 'test, live',
      about,
      whileFrozen ? 'yes' : '',
    ]);
    return withParts('docs/keys.md', {
      scopes: table(['Scope', 'Keys', 'Lets it', 'In a frozen environment'], rows),
    });
  },
});
