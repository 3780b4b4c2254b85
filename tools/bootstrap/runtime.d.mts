export interface Host {
  readonly platform: string;
  readonly arch: string;
  readonly musl: boolean;
  readonly version: string;
  readonly execPath: string;
}
export declare const pinnedPackages: Readonly<Record<string, string>>;
export declare const oldestVersion: readonly number[];
export declare function findRuntime(options: { readonly root: string; readonly host?: Host }): string;
export declare function currentHost(): Host;
