import type { RoomEvent } from "./frames.js";
/** What a reducer folds: an event of the log, or an own command that has no event yet. */
export type Change = ({
    type: "event";
} & RoomEvent) | {
    type: "command";
    name: string;
    data: unknown;
};
/** Returns the next state and leaves the given one as it is. */
export type Apply<TState> = (state: TState, change: Change) => TState;
