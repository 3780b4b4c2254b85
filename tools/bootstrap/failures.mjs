import { Problem } from './problem.mjs';

/** How npm 10 to 12 name what went wrong, in the order in which they are looked for. */
const failures = Object.freeze([
  {
    pattern: /ENOSPC|EDQUOT|no space left/i,
    what: 'The disk is full (or a quota is used up).',
    remedy:
      'About 1 GB is needed here and in the npm cache (npm config get cache). Free some space and run the same command again.',
  },
  {
    pattern:
      /SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF)|CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED/,
    what: "The npm registry's certificate is not trusted here.",
    remedy:
      'Behind a proxy that opens TLS, name its certificate: npm config set cafile <path>, or NODE_EXTRA_CA_CERTS.',
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|E(?:SOCKET)?TIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED|network/,
    what: 'The npm registry could not be reached.',
    remedy:
      'Check the network and the proxy settings (npm config get registry, npm config get proxy), then run the same command again.',
  },
  {
    pattern: /EACCES|EPERM|EROFS/,
    what: 'npm may not write where it has to.',
    remedy:
      'Run the command as the owner of this folder, and see that the npm cache (npm config get cache) belongs to you.',
  },
  {
    pattern: /EUSAGE|can only install packages when/,
    what: 'package.json and package-lock.json are out of step.',
    remedy:
      'After changing dependencies: npm install. Otherwise: git checkout package.json package-lock.json',
  },
  {
    pattern: /EINTEGRITY/,
    what: 'A package is not the one that package-lock.json names: its digest differs.',
    remedy:
      'If npm cache clean --force does not help, the registry in use serves something else. Do not go on.',
  },
  {
    pattern: /\bE40[13]\b/,
    what: 'The npm registry refused the request.',
    remedy:
      'The registry in use (npm config get registry) asks for credentials: see npm login and the .npmrc of your user.',
  },
  {
    pattern: /\bE404\b|ETARGET/,
    what: 'The registry in use does not have one of the packages.',
    remedy: 'Use https://registry.npmjs.org/ or a mirror that is complete (npm config get registry).',
  },
  {
    pattern: /EBADENGINE|Unsupported engine/,
    what: 'npm or Node is too old.',
    remedy: 'Node 20 or newer with npm 10 or newer is needed.',
  },
  {
    pattern: /spawn npm ENOENT/,
    what: 'npm was not found.',
    remedy: 'Node 20 or newer with npm 10 or newer is needed: https://nodejs.org/',
  },
]);

const detailLinesMax = 12;
const noise = /complete log of this run|^npm error\s+at |^npm warn (?:Unknown|EBADENGINE)|^npm warn cli/;

/** Turns npm's output into a Problem; npm's own lines go along as details. */
export function explainFailure({ output }) {
  const details = output
    .split('\n')
    .filter((line) => line.replace(/^npm error/, '').trim() !== '' && !noise.test(line))
    .slice(0, detailLinesMax)
    .join('\n');
  const known = failures.find(({ pattern }) => pattern.test(output));
  if (known !== undefined) return new Problem(known.what, known.remedy, details);
  return new Problem('The dependencies could not be installed.', 'npm says why:', details);
}
