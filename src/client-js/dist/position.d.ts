import type { JoinedFrame, ResetFrame } from "./frames.js";
/** Where a room's stream has been read to. Pure. */
export declare class Position {
    #private;
    get epoch(): string | undefined;
    get seq(): number;
    get isKnown(): boolean;
    /** What a join says of it. The server uses `history` where it cannot serve `since`. */
    resume(history: number): {
        since?: number;
        epoch?: string;
        history?: number;
    };
    start({ epoch, seq }: JoinedFrame | ResetFrame, history?: number): void;
    /** Whether an event is the next one; it then counts as read. */
    take(seq: number): "next" | "repeat" | "gap";
}
