import { isUtf8 } from 'node:buffer';
import { type JsonNode, type JsonObject, memberAt, parseJsonTree } from './json-tree.ts';
import { LIMITS } from './limits.ts';
import type { Derivation } from './scheme.ts';

/** A body as text with its tree, or `null` for one that is not UTF-8, not JSON, ambiguous, or over the limits. */
export function parseBody(body: Uint8Array): ParsedBody | null {
  if (body.length > LIMITS.derivedBodyBytesMax || !isUtf8(body)) return null;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const root = parseJsonTree(text, { depthMax: LIMITS.jsonDepthMax, nodesMax: LIMITS.jsonNodesMax });
  return root === null ? null : { text, root };
}

export interface ParsedBody {
  readonly text: string;
  readonly root: JsonNode;
}

/**
 * The texts of which one is what a platform signed of a JSON body, or `null` when the body hasn't got it. Numbers are
 * written as received. Strings are, too; and, where that makes a difference, also as `JSON.stringify` writes them, for
 * a platform that signs what it parsed. Both say the same, so neither lets another document pass.
 */
export function derivedTexts(derivation: Derivation, { text, root }: ParsedBody): readonly string[] | null {
  if (root.kind !== 'object') return null;
  if (derivation.kind === 'pairs') return pairs(text, memberAt(root, derivation.member));
  const node = chosen(derivation, root);
  if (node === null) return null;
  const sorted = derivation.kind === 'sorted';
  const asReceived = written(node, { text, sorted, strings: 'received' });
  if (!text.includes('\\')) return [asReceived];
  const again = written(node, { text, sorted, strings: 'again' });
  return again === asReceived ? [asReceived] : [asReceived, again];
}

function chosen(derivation: Exclude<Derivation, { kind: 'pairs' }>, root: JsonObject): JsonNode | null {
  if (derivation.kind === 'sorted') return root;
  if (derivation.kind === 'member') return memberAt(root, derivation.member);
  const { member: left } = derivation;
  return { ...root, members: root.members.filter(({ name }) => name !== left) };
}

interface Style {
  readonly text: string;
  readonly sorted: boolean;
  readonly strings: 'received' | 'again';
}

/** Without white space. Recursion is as deep as the tree, which is limited. */
function written(node: JsonNode, style: Style): string {
  if (node.kind === 'array') return `[${node.items.map((item) => written(item, style)).join(',')}]`;
  if (node.kind === 'object') {
    const members = style.sorted ? node.members.toSorted((a, b) => order(a.name, b.name)) : node.members;
    const texts = members.map(({ name, nameText, value }) => {
      const key = style.strings === 'received' ? nameText : JSON.stringify(name);
      return `${key}:${written(value, style)}`;
    });
    return `{${texts.join(',')}}`;
  }
  return node.kind === 'string' && style.strings === 'again'
    ? JSON.stringify(node.value)
    : style.text.slice(node.start, node.end);
}

/**
 * By UTF-16 code units, as `Array.prototype.sort` does it, but for names that are whole numbers: an object of
 * JavaScript has those first, by their size, in whichever order they were put in (ECMA-262, OrdinaryOwnPropertyKeys).
 */
function order(left: string, right: string): number {
  const [a, b] = [isIndex(left), isIndex(right)];
  if (a && b) return Number(left) - Number(right);
  if (a !== b) return a ? -1 : 1;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function isIndex(name: string): boolean {
  const first = name.charCodeAt(0);
  // Most names begin with a letter, and a pattern costs more.
  return (
    first >= 0x30 && first <= 0x39 && /^(?:0|[1-9][0-9]{0,9})$/.test(name) && Number(name) < 0xff_ff_ff_ff
  );
}

/**
 * payos.vn's form. It joins without escaping, so `&name=` inside a value could be read as another member: such bodies
 * are refused, as are values that its package would write as `[object Object]`.
 */
function pairs(text: string, node: JsonNode | null): readonly string[] | null {
  if (node?.kind !== 'object') return null;
  const written: string[] = [];
  for (const { name, value } of node.members.toSorted((a, b) => order(a.name, b.name))) {
    const plain = plainValue(text, value);
    if (plain === null || /[&=]/.test(name) || /&[^&]*=/.test(plain)) return null;
    // A lone surrogate would be written as the same bytes as any other.
    if (!name.isWellFormed() || !plain.isWellFormed()) return null;
    written.push(`${name}=${plain}`);
  }
  return [written.join('&')];
}

/** As its package does: nothing for `null`, also as a text; lists as JSON with the members of their objects sorted. */
function plainValue(text: string, node: JsonNode): string | null {
  if (node.kind === 'object') return null;
  if (node.kind === 'array')
    return node.items.every(isFlat) ? written(node, { text, sorted: true, strings: 'again' }) : null;
  return EMPTY.has(node.value) ? '' : node.value;
}

/** Of anything else in a list its package makes something that nobody would sign on purpose. */
function isFlat(node: JsonNode): boolean {
  return (
    node.kind === 'object' &&
    node.members.every(({ value }) => value.kind !== 'object' && value.kind !== 'array')
  );
}

const EMPTY: ReadonlySet<string> = new Set(['null', 'undefined']);
