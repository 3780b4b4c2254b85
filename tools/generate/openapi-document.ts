import manifest from '../../gateway/package.json' with { type: 'json' };
import { LIMITS } from '../../gateway/src/base/index.ts';
import { openApiDocument as openApi } from '../../gateway/src/http/index.ts';
import type { GeneratedDocument } from './document.ts';

/** `docs/openapi.json`: every operation of the gateway, with default limits. */
export const openApiDocument: GeneratedDocument = Object.freeze({
  path: 'docs/openapi.json',
  render() {
    const document = openApi({ version: manifest.version, pageItemsMax: LIMITS.pageItemsMax.value });
    return `${JSON.stringify(document, null, 2)}\n`;
  },
});
