import { EdgeRoomsError } from "./error.js";
import type { Ephemeral, Member, RoomEvent } from "./frames.js";
/** `offline`: waiting to try again; `resuming`: coming back into a room that was live before. */
export type RoomStatus = "connecting" | "live" | "resuming" | "offline" | "closed";
/** The events do not go on from what came before: forget it, and go on from the state that comes with it. */
export interface Reset {
    /** `epoch`: the stream was replaced; `trimmed`: what was missed is not kept any more; `missed`: too much was missed. */
    reason: string;
    epoch: string;
    seq: number;
}
export type RoomEvents = {
    event: [event: RoomEvent];
    state: [state: unknown, seq: number];
    members: [members: readonly Member[]];
    ephemeral: [ephemeral: Ephemeral];
    status: [status: RoomStatus];
    reset: [reset: Reset];
    error: [error: EdgeRoomsError];
};
export interface RoomOptions {
    /** My presence data; replaced by `room.presence(data)`. */
    presence?: unknown;
    /** How many past events come first, at most. */
    history?: number;
}
