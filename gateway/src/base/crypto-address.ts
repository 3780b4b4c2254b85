import { createHash } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { base58, bech32, bech32m, createBase58check } from '@scure/base';
import { toHex, utf8 } from './bytes.ts';
import { frozenTable } from './frozen-table.ts';

/** The networks whose addresses can be checked: main networks, so that nothing is ever paid to a test network. */
const NETWORKS = frozenTable({
  ETHEREUM: isEthereum,
  POLYGON: isEthereum,
  BSC: isEthereum,
  BITCOIN: isBitcoin,
  TRON: isTron,
  SOLANA: isSolana,
});

export type CryptoNetwork = keyof typeof NETWORKS;

export function isCryptoNetwork(name: string): name is CryptoNetwork {
  return name in NETWORKS;
}

// The longest is a Bitcoin address of a 40-byte program; beyond it no decoder is troubled.
const CHARACTERS_MAX = 90;

/**
 * Tells whether a text is an address of the network, checksum included, wherever the network has one: what is mistyped or
 * belongs elsewhere is money lost. Exact: no white space, no prefix such as `bitcoin:`.
 *
 * @example isCryptoAddress('TRON', 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb') // true
 */
export function isCryptoAddress(network: CryptoNetwork, text: string): boolean {
  return text.length <= CHARACTERS_MAX && NETWORKS[network](text);
}

/** EIP-55: mixed case is a checksum and must be right; one case alone carries none. */
function isEthereum(text: string): boolean {
  const hex = /^0x([0-9A-Fa-f]{40})$/.exec(text)?.[1];
  if (hex === undefined) return false;
  const lower = hex.toLowerCase();
  if (hex === lower || hex === hex.toUpperCase()) return true;
  const digest = toHex(keccak_256(utf8(lower)));
  return [...lower].every(
    (digit, at) => hex[at] === (Number.parseInt(digest[at] ?? '', 16) > 7 ? digit.toUpperCase() : digit),
  );
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const base58check = createBase58check(sha256);

/** A public key's hash (version 0), a script's (5), or a witness program (BIP 173, BIP 350). */
function isBitcoin(text: string): boolean {
  return isHashed(text, [0x00, 0x05]) || isWitness(text);
}

/** Like Bitcoin's first kind, with a version of its own. */
function isTron(text: string): boolean {
  return isHashed(text, [0x41]);
}

/** The 32 bytes of a key or of a program's account. The format has no checksum. */
function isSolana(text: string): boolean {
  return decoded(() => base58.decode(text))?.length === 32;
}

function isHashed(text: string, versions: readonly number[]): boolean {
  const bytes = decoded(() => base58check.decode(text));
  return bytes?.length === 21 && versions.includes(bytes[0] ?? -1);
}

function isWitness(text: string): boolean {
  // Version 0 keeps the first checksum, all later ones have the second.
  return (
    isProgram(bech32, text, (version) => version === 0) || isProgram(bech32m, text, (version) => version > 0)
  );
}

function isProgram(code: typeof bech32, text: string, isVersion: (version: number) => boolean): boolean {
  const address = code.decodeUnsafe(text);
  const [version = -1, ...words] = address?.words ?? [];
  if (address?.prefix !== 'bc' || !isVersion(version) || version > 16) return false;
  const length = code.fromWordsUnsafe(words)?.length ?? 0;
  return version === 0 ? length === 20 || length === 32 : length >= 2 && length <= 40;
}

/** The decoders throw at what they can't read. */
function decoded(decode: () => Uint8Array): Uint8Array | null {
  try {
    return decode();
  } catch {
    return null;
  }
}
