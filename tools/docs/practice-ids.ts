/**
 * The practices that the five platforms ask of integrators, by page: K Koywe, U MintMove, L LiasonPay, P PayOS, Q 4Quays.
 * P7 and Q8 were never given out.
 */
export const practiceIds: ReadonlySet<string> = new Set([
  ...numbered('K', 24),
  ...numbered('U', 14),
  ...numbered('L', 19),
  ...numbered('P', 13).filter((id) => id !== 'P7'),
  ...numbered('Q', 22).filter((id) => id !== 'Q8'),
]);

function numbered(page: string, last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => `${page}${index + 1}`);
}
