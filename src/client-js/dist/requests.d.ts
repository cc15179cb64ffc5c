import type { ServerFrame } from "./frames.js";
/** An answer by `id`; null where the connection went before it came. */
export type Answer = ServerFrame | null;
/** What waits for an answer by `id` on one connection, oldest first. An id is never used again, so an answer that comes twice finds nobody. */
export declare class Requests {
    #private;
    /** When the oldest was sent; undefined where none waits. */
    get oldestAt(): number | undefined;
    add(at: number, answer: (answer: Answer) => void): number;
    answer(id: number, frame: Answer): void;
    /** The connection is gone. */
    drop(): void;
}
