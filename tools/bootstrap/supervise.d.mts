export interface SuperviseLimits {
  readonly echoMs: number;
  readonly orphanMs: number;
}
export declare const superviseLimits: SuperviseLimits;
export declare function supervise(options: {
  readonly command: string;
  readonly args: readonly string[];
  readonly limits?: SuperviseLimits;
}): Promise<number>;
