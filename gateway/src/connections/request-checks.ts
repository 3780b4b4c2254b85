/**
 * How the bodies of known calls are checked: `strict` refuses fields that the platform's profile does not name, `lenient`
 * leaves those to the platform, `off` checks nothing.
 */
export const REQUEST_CHECKS = Object.freeze(['strict', 'lenient', 'off'] as const);

export type RequestChecks = (typeof REQUEST_CHECKS)[number];
