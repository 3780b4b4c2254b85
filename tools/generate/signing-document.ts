import { REQUEST_REASONS, REQUEST_SCHEMES } from '../../packages/schemes/src/index.ts';
import { code, type GeneratedDocument, table } from './document.ts';
import { withParts } from './part.ts';

/** `docs/signing.md`: the reasons for which a request is refused, and what each scheme leaves open. */
export const signingDocument: GeneratedDocument = Object.freeze({
  path: 'docs/signing.md',
  render() {
    const reasons = REQUEST_REASONS.map(({ reason, sentence }) => [code(reason), sentence]);
    const open = Object.values(REQUEST_SCHEMES).map(({ name, notCovered }) => [
      code(name),
      notCovered.join('; '),
    ]);
    return withParts('docs/signing.md', {
      reasons: table(['Reason', 'Sentence'], reasons),
      uncovered: table(['Scheme', 'Does not vouch for'], open),
    });
  },
});
