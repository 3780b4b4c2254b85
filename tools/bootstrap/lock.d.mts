export interface LockLimits {
  readonly beatMs: number;
  readonly silentMs: number;
  readonly nascentMs: number;
  readonly pollMs: number;
}
export declare const lockLimits: LockLimits;
export declare function withLock<T>(
  options: {
    readonly path: string;
    readonly waiting?: (pid: number | undefined) => void;
    readonly limits?: LockLimits;
  },
  work: () => Promise<T> | T,
): Promise<T>;
