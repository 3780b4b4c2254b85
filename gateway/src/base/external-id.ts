const EXTERNAL_ID = /^[A-Za-z0-9_-]{1,255}$/;

/** Tells whether a text can be the id that an application gives an object at a platform: letters, digits, `_`, `-`. */
export function isExternalId(text: string): boolean {
  return EXTERNAL_ID.test(text);
}
