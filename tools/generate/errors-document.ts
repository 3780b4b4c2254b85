import { FAULTS } from '../../gateway/src/base/index.ts';
import { code, type GeneratedDocument, heading } from './document.ts';

/** `docs/errors.md`: one section for each code, whose anchor is the code in lower case. */
export const errorsDocument: GeneratedDocument = Object.freeze({
  path: 'docs/errors.md',
  render() {
    const faults = Object.entries(FAULTS).sort(([left], [right]) => (left < right ? -1 : 1));
    const sections = faults.map(([name, { status, title, remedy }]) =>
      [`## ${name}`, '', `Status ${code(String(status))}. ${title}`, '', `What to do: ${remedy}`, ''].join(
        '\n',
      ),
    );
    return `${heading('Errors')}
Every error is an RFC 9457 problem document of the media type \`application/problem+json\`:

\`\`\`json
{
  "type": "urn:sallyport:error:INVALID_REQUEST",
  "title": "The request is not valid.",
  "status": 400,
  "detail": "Correct the fields named and send it again.",
  "code": "INVALID_REQUEST",
  "requestId": "req_01k9zq3v8m4x7d2r5w6y8a0b1c",
  "fields": [{ "path": "name", "problem": "is required" }]
}
\`\`\`

\`code\` is stable: programs decide by it. \`detail\` is for people and may change. \`fields\` says where the input was wrong, without
repeating it. \`requestId\` finds the same request in the gateway's log, where the cause is; no answer holds one. With \`Retry-After\`, the
same request can be sent again after that many seconds.

${sections.join('\n')}`;
  },
});
