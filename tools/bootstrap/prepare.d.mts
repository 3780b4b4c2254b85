export declare const root: string;
export declare function prepare(): Promise<string>;
