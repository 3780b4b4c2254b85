export interface Npm {
  readonly command: string;
  readonly prefix: readonly string[];
}
export interface InstallLimits {
  readonly progressMs: number;
  readonly outputCharactersMax: number;
}
export declare const installLimits: InstallLimits;
export declare function install(options: {
  readonly root: string;
  readonly say: (line: string) => void;
  readonly npm?: Npm;
  readonly limits?: InstallLimits;
}): Promise<boolean>;
export declare function isInStep(root: string): boolean;
export declare function findNpm(environment?: Readonly<Record<string, string | undefined>>): Npm;
