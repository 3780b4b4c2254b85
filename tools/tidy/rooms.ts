/**
 * Which room of the gateway may import which, by its face. ARCHITECTURE.md shows this table. It has no cycles: a journey passes each
 * room once, forwards. What a room needs from one that it may not import comes to it as an argument, through a port of `base`.
 */
export const rooms = Object.freeze({
  __proto__: null,
  base: [],
  store: ['base'],
  keyring: ['base', 'store'],
  audit: ['base', 'store', 'keyring', '@sallyport/evidence'],
  environments: ['base', 'store', 'keyring'],
  access: ['base', 'store', 'keyring', 'environments', '@sallyport/schemes'],
  outbound: ['base'],
  rates: ['base'],
  platforms: ['base', 'outbound', '@sallyport/schemes'],
  connections: ['base', 'store', 'keyring', 'environments', 'outbound', 'platforms'],
  ingest: ['base', 'store', 'keyring', 'environments', 'platforms', '@sallyport/schemes'],
  delivery: ['base', 'store', 'keyring', 'environments', 'outbound', '@sallyport/schemes'],
  http: [
    'base',
    'store',
    'keyring',
    'audit',
    'environments',
    'access',
    'outbound',
    'rates',
    'platforms',
    'connections',
    'ingest',
    'delivery',
    '@sallyport/evidence',
    '@sallyport/schemes',
  ],
} as const satisfies Readonly<Record<string, readonly string[] | null>>);

/** The files outside every room that join them: `main.ts` runs them, `migrations.ts` collects their tables. */
export const joiners: readonly string[] = Object.freeze(['gateway/src/main.ts', 'gateway/src/migrations.ts']);

/** What a room may import; undefined when there is no such room. */
export function allowedFor(room: string): readonly string[] | undefined {
  return Object.entries(rooms).find(([name]) => name === room)?.[1] ?? undefined;
}

/** The table as ARCHITECTURE.md shows it, between `<!-- rooms:start -->` and `<!-- rooms:end -->`. */
export function roomsAsMarkdown(): string {
  const rows = Object.entries(rooms).map(([room, allowed]) => {
    const list = (allowed ?? []).map((name: string) => `\`${name}\``).join(', ');
    return `| \`${room}\` | ${list === '' ? 'nothing' : list} |`;
  });
  return ['| Room | may import |', '| --- | --- |', ...rows].join('\n');
}
