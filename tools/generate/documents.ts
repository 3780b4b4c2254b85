import { configDocument } from './config-document.ts';
import type { GeneratedDocument } from './document.ts';
import { errorsDocument } from './errors-document.ts';
import { keysDocument } from './keys-document.ts';
import { openApiDocument } from './openapi-document.ts';
import { schemesDocument } from './schemes-document.ts';
import { signingDocument } from './signing-document.ts';

/** Every generated document of the repository. A new one is a file beside this one and a line here. */
export const documents: readonly GeneratedDocument[] = Object.freeze([
  configDocument,
  errorsDocument,
  keysDocument,
  openApiDocument,
  schemesDocument,
  signingDocument,
]);
