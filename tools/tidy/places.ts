/** What a path is, by where it lies. */

/** The room of a gateway file, or undefined for `main.ts` and files outside the gateway's rooms. */
export function roomOf(path: string): string | undefined {
  return /^gateway\/src\/([^/]+)\//.exec(path)?.[1];
}

/** The workspace (a folder with a package.json of its own) that a path belongs to; '' is the root. */
export function workspaceOf(path: string): string {
  return /^(?:packages\/[^/]+|gateway|cli|demo|bench|oracles|console)(?=\/)/.exec(path)?.[0] ?? '';
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** A test, or a file that exists for tests alone: a fixture, a harness, anything in a `test` folder. */
export function isTestSupport(path: string): boolean {
  return isTest(path) || /(?:^|\/)test\//.test(path) || /(?:^|[./])(?:fixture|harness)\.ts$/.test(path);
}

/** A program of the repository's own upkeep, which never runs in a gateway. */
export function isUpkeep(path: string): boolean {
  return /^(?:tools|bench|oracles)\//.test(path);
}
