export declare class Problem extends Error {
  readonly remedy: string;
  readonly details: string;
  constructor(what: string, remedy: string, details?: string);
}
export declare function report(error: unknown, write?: (text: string) => void): number;
