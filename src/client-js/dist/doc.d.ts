import type { Sent } from "./command.js";
import type { SendOptions } from "./room.js";
export interface SetOptions extends SendOptions {
    /** Reject where anything at, above or under the path was changed after this seq. */
    ifSeq?: number;
}
/** A JSON Merge Patch for a document: what is left out stays, null removes. */
export type Patch<T> = {
    [K in keyof T]?: (T[K] extends readonly unknown[] ? T[K] : T[K] extends object ? Patch<T[K]> : T[K]) | null;
};
/** The shared JSON object of a `doc` room. Reads show own changes at once; what the server refuses disappears again. */
export declare class Doc<TDocument extends object = Record<string, unknown>> {
    #private;
    /** The whole document, or the value at a JSON Pointer (`/todo/0/title`); undefined where there is none. Not to be changed in place. */
    get(): TDocument;
    get<T = unknown>(path: string): T | undefined;
    /** Merges (RFC 7396): objects merge, null removes, everything else replaces. */
    patch(patch: Patch<TDocument>, options?: SendOptions): Promise<Sent>;
    /** Sets the value at a JSON Pointer; missing parents are made as objects, `-` appends to an array. */
    set(path: string, value: unknown, { ifSeq, ...options }?: SetOptions): Promise<Sent>;
    /** Calls back with the value at a path, once it is known and whenever it becomes another; returns what ends that. */
    subscribe<T = unknown>(path: string, listener: (value: T | undefined, seq: number) => void): () => void;
}
