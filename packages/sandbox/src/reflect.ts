/**
 * Gives `Reflect` the three metadata functions that `@peculiar/x509` demands (through tsyringe) before it loads.
 *
 * The library only looks constructor parameters up and finds none, so a map per target is all it needs; a full
 * polyfill that is loaded already is left alone. Import this file before the library, for its effect.
 */
const metadataByTarget = new WeakMap<object, Map<unknown, unknown>>();

function getMetadata(key: unknown, target: object): unknown {
  return metadataByTarget.get(target)?.get(key);
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const known = metadataByTarget.get(target) ?? new Map<unknown, unknown>();
  known.set(key, value);
  metadataByTarget.set(target, known);
}

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getMetadata, getOwnMetadata: getMetadata, defineMetadata });
}
