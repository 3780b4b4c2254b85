import { readFile } from 'node:fs/promises';
import { LIMITS } from '../../gateway/src/base/index.ts';
import { openApiDocument as openApi } from '../../gateway/src/http/index.ts';
import type { GeneratedDocument } from './document.ts';

const manifest = new URL('../../gateway/package.json', import.meta.url);

/** `docs/openapi.json`: every operation of the gateway, with default limits. */
export const openApiDocument: GeneratedDocument = Object.freeze({
  path: 'docs/openapi.json',
  async render() {
    const { version } = Object(JSON.parse(await readFile(manifest, 'utf8')));
    const document = openApi({ version: String(version), pageItemsMax: LIMITS.pageItemsMax.value });
    return `${JSON.stringify(document, null, 2)}\n`;
  },
});
