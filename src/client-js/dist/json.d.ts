/** JSON values, JSON Merge Patch (RFC 7396) and JSON Pointer (RFC 6901), by the rules of the server's `doc`. Nothing is changed in place. */
export type Json = null | boolean | number | string | readonly Json[] | {
    readonly [name: string]: Json;
};
export declare function mergePatch(target: Json | undefined, patch: Json): Json;
/** The tokens, unescaped; undefined where it is no pointer. */
export declare function parsePointer(pointer: string): string[] | undefined;
export declare function readPointer(value: Json | undefined, tokens: readonly string[]): Json | undefined;
/** The document with the value set; undefined where the server would refuse. */
export declare function setPointer(target: Json | undefined, tokens: readonly string[], value: Json): Json | undefined;
export declare function equal(a: Json | undefined, b: Json | undefined): boolean;
