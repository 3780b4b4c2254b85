import { record } from '../packages/schemes/test/vector-file.ts';

/** Puts words into a document of JSON, or of XML. */
export function withWords(document: string, words: string): string {
  if (document.startsWith('<'))
    return document.replace(
      '</notification>',
      `<words>${Buffer.from(words).toString('hex')}</words></notification>`,
    );
  const { data, ...rest } = record(JSON.parse(document === '' ? '{}' : document));
  return JSON.stringify({ ...rest, data: { ...record(data ?? {}), words } });
}
