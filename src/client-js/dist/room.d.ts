import { Doc } from "./doc.js";
import type { Member, RoomEvent } from "./frames.js";
import type { RoomEvents, RoomStatus } from "./membership.js";
import type { Sent } from "./command.js";
import type { Apply } from "./state-view.js";
export interface SendOptions {
    /** Gives the command up: never sent, it is gone; sent, the server is asked to skip it, and it may have taken effect after all. */
    signal?: AbortSignal;
}
export interface HistoryOptions {
    /** The seq before the first one wanted; 0, the beginning, by default. */
    after?: number;
}
/** What a listener of a room is given, by the name of what happens. */
export type RoomHappenings<TState> = Omit<RoomEvents, "state"> & {
    state: [state: TState, seq: number];
};
/**
 * A room that was opened. Events come once each and in order, across lost connections and server restarts; each command settles once.
 *
 * | `on` | listener gets | when |
 * |---|---|---|
 * | `event` | `RoomEvent` | the next event; with `history` some past ones come first |
 * | `state` | state, seq | the server told it, or the reducer made it (`optimistic`, `doc`) |
 * | `members` | all members | somebody came, went or changed |
 * | `ephemeral` | `Ephemeral` | something that is not stored |
 * | `status` | `connecting`, `live`, `resuming`, `offline`, `closed` | it changed |
 * | `reset` | `Reset` | forget the events so far; the state that follows is where to go on |
 * | `error` | `EdgeRoomsError` | a command was refused (its promise rejects, too), or the room ended |
 *
 * `state`, `members` and `status` are told to a new listener at once where they are known.
 */
export declare class Room<TState = unknown> {
    #private;
    get id(): string;
    get status(): RoomStatus;
    /** The last state known, own unanswered commands included where there is a reducer. */
    get state(): TState | undefined;
    /** Of the last event that came. */
    get seq(): number;
    /** The room's last event as the server told it; above `seq` while what was missed is still coming. */
    get head(): number;
    get epoch(): string | undefined;
    get members(): readonly Member[];
    /** My `member` id in this room. */
    get me(): string | undefined;
    /** Own commands that have neither event nor answer. */
    get pending(): readonly {
        name: string;
        data: unknown;
    }[];
    /** Calls back whenever it happens; returns what ends that. */
    on<K extends keyof RoomEvents>(name: K, listener: (...args: RoomHappenings<TState>[K]) => void): () => void;
    /**
     * Sends a command. Resolves once after its events are stored, whatever connections break meanwhile; rejects with an `EdgeRoomsError` when
     * the room says no, or when nobody can know any more (`outcome_unknown`).
     */
    send<TResult = unknown>(name: string, data?: unknown, { signal }?: SendOptions): Promise<Sent<TResult>>;
    /** To everyone else in the room right now; not stored, may be dropped, and is while there is no connection. */
    ephemeral(name: string, data?: unknown): void;
    /** Replaces my presence data, which the members see. */
    presence(data: unknown): void;
    /**
     * Applies own commands at once and every event as it comes; `state` and `on("state")` then follow each. `apply` gets the events and, until
     * those have come, the commands as they were sent. `initial` is for kinds that tell no state. Call it right after `client.room()`.
     */
    optimistic(apply: Apply<TState>, initial?: TState): this;
    /** The document of a room of kind `doc`, changed at once and rebased on the events. */
    doc<TDocument extends object = TState extends object ? TState : Record<string, unknown>>(): Doc<TDocument>;
    /** The state as it was after an event; 0 is the initial one. Over HTTP. */
    at(seq: number): Promise<TState>;
    /** Past events up to now, oldest first; waits out lost connections. */
    history({ after }?: HistoryOptions): AsyncGenerator<RoomEvent, void, undefined>;
    /**
     * Ends this handle: no listener of it is called any more. The room itself is left when its last handle has been and all its commands have
     * been answered.
     */
    leave(): void;
}
