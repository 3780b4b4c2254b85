/**
 * A JSON document as a tree over its own text, so that what was received can be written again character by character:
 * `1.0` stays `1.0`, `\u00e9` stays `\u00e9`. `null` for what isn't exactly one JSON document (RFC 8259), has a member
 * twice in one object (readers disagree on which one counts), or is too deep or too large.
 */
export function parseJsonTree(text: string, limits: JsonLimits): JsonNode | null {
  const state: State = { text, at: 0, nodes: 0, limits };
  try {
    const root = readValue(state, 0);
    skipSpace(state);
    return state.at === text.length ? root : null;
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
}

export interface JsonLimits {
  readonly depthMax: number;
  readonly nodesMax: number;
}

/** `start` and `end` are places in the text; the node is what stands between them. */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

export interface JsonObject {
  readonly kind: 'object';
  readonly start: number;
  readonly end: number;
  readonly members: readonly JsonMember[];
}

export interface JsonArray {
  readonly kind: 'array';
  readonly start: number;
  readonly end: number;
  readonly items: readonly JsonNode[];
}

export interface JsonScalar {
  readonly kind: 'string' | 'number' | 'literal';
  readonly start: number;
  readonly end: number;
  /** What a string stands for; the text itself of the others. */
  readonly value: string;
}

export interface JsonMember {
  readonly name: string;
  /** The name as it is written, with its quotes. */
  readonly nameText: string;
  readonly value: JsonNode;
}

/** The value of the member of that name, or `null`. */
export function memberAt(node: JsonNode | null, name: string): JsonNode | null {
  if (node?.kind !== 'object') return null;
  return node.members.find((member) => member.name === name)?.value ?? null;
}

/** The node at a path of names and places, or `null`. */
export function nodeAt(node: JsonNode | null, path: readonly (string | number)[]): JsonNode | null {
  let found = node;
  for (const step of path) {
    if (typeof step === 'string') found = memberAt(found, step);
    else found = found?.kind === 'array' ? (found.items[step] ?? null) : null;
  }
  return found;
}

interface State {
  readonly text: string;
  at: number;
  nodes: number;
  readonly limits: JsonLimits;
}

/** Thrown and caught in this file alone. */
class NotJson extends Error {}

function readValue(state: State, depth: number): JsonNode {
  state.nodes += 1;
  if (depth > state.limits.depthMax || state.nodes > state.limits.nodesMax) throw new NotJson();
  skipSpace(state);
  const first = state.text[state.at];
  if (first === '{') return readObject(state, depth);
  if (first === '[') return readArray(state, depth);
  if (first === '"') return readString(state);
  return readWord(state);
}

function readObject(state: State, depth: number): JsonObject {
  const start = state.at;
  const members: JsonMember[] = [];
  const names = new Set<string>();
  state.at += 1;
  skipSpace(state);
  while (state.text[state.at] !== '}') {
    if (members.length > 0) take(state, ',');
    skipSpace(state);
    if (state.text[state.at] !== '"') throw new NotJson();
    const name = readString(state);
    if (names.has(name.value)) throw new NotJson();
    names.add(name.value);
    skipSpace(state);
    take(state, ':');
    const value = readValue(state, depth + 1);
    members.push({ name: name.value, nameText: state.text.slice(name.start, name.end), value });
    skipSpace(state);
  }
  state.at += 1;
  return { kind: 'object', start, end: state.at, members };
}

function readArray(state: State, depth: number): JsonArray {
  const start = state.at;
  const items: JsonNode[] = [];
  state.at += 1;
  skipSpace(state);
  while (state.text[state.at] !== ']') {
    if (items.length > 0) take(state, ',');
    items.push(readValue(state, depth + 1));
    skipSpace(state);
  }
  state.at += 1;
  return { kind: 'array', start, end: state.at, items };
}

function readString(state: State): JsonScalar {
  const { text, at: start } = state;
  let escaped = false;
  let end = start + 1;
  // By hand: a pattern would keep a place to go back to for each character of a long string.
  for (; text.charCodeAt(end) !== QUOTE; end += 1) {
    const code = text.charCodeAt(end);
    if (Number.isNaN(code) || code < SPACE_CODE) throw new NotJson();
    if (code !== BACKSLASH) continue;
    escaped = true;
    end += 1;
  }
  state.at = end + 1;
  const token = text.slice(start, state.at);
  return { kind: 'string', start, end: state.at, value: escaped ? unescaped(token) : token.slice(1, -1) };
}

function unescaped(token: string): string {
  try {
    const value: unknown = JSON.parse(token);
    if (typeof value === 'string') return value;
  } catch {
    // An escape that there isn't.
  }
  throw new NotJson();
}

function readWord(state: State): JsonScalar {
  const start = state.at;
  WORD.lastIndex = start;
  const token = WORD.exec(state.text)?.[0];
  if (token === undefined) throw new NotJson();
  state.at = start + token.length;
  const kind = /^[-0-9]/.test(token) ? 'number' : 'literal';
  return { kind, start, end: state.at, value: token };
}

function take(state: State, character: string): void {
  if (state.text[state.at] !== character) throw new NotJson();
  state.at += 1;
}

function skipSpace(state: State): void {
  SPACE.lastIndex = state.at;
  state.at += SPACE.exec(state.text)?.[0].length ?? 0;
}

/** RFC 8259 sections 2, 3, 6 and 7. */
const SPACE = /[ \t\n\r]*/y;
const WORD = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE_CODE = 0x20;
