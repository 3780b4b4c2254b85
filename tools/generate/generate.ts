import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { documents } from './documents.ts';

const root = resolve(import.meta.dirname, '../..');

/** The paths of the documents that differ from what the code makes of them. */
export async function staleDocuments(): Promise<string[]> {
  const stale: string[] = [];
  for (const document of documents) {
    const committed = await readFile(join(root, document.path), 'utf8').catch(() => null);
    if (committed !== (await document.render())) stale.push(document.path);
  }
  return stale;
}

/** Writes every document. */
export async function writeDocuments(): Promise<void> {
  for (const document of documents) {
    const file = join(root, document.path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await document.render());
  }
}

if (import.meta.main) {
  const stale = await staleDocuments();
  if (!process.argv.includes('--check')) await writeDocuments();
  else if (stale.length > 0) process.exitCode = 1;
  const verb = process.argv.includes('--check') ? 'differs from the code' : 'written';
  for (const path of stale) process.stderr.write(`${path}: ${verb}\n`);
}
