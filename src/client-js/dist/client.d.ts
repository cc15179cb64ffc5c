import { type Clock } from "./clock.js";
import { EdgeRoomsError } from "./error.js";
import { type LinkStatus } from "./link.js";
import { type RoomOptions } from "./membership.js";
import { Room } from "./room.js";
import { type SessionStorage } from "./session.js";
export interface EdgeRoomsOptions {
    /** A JWT, or what returns a fresh one: asked at each connect and before the old one ends. A string cannot be renewed. */
    token: string | (() => string | Promise<string>);
    /**
     * Keeps session and unanswered commands in sessionStorage, so that a reload goes on as the same session and what was on its
     * way takes effect once. The commands of a room go when the room is opened again. A string keeps them under a name of its own,
     * for pages with several clients.
     */
    persist?: boolean | string;
    /** Commands that may wait in one room; 1,000 by default. More are rejected as `queue_full`. */
    queue?: number;
    /** For platforms without a global WebSocket (Node before 22): the class of the package `ws`. */
    WebSocket?: unknown;
    /** In place of sessionStorage. */
    storage?: SessionStorage;
    /** In place of the system's. */
    clock?: Clock;
}
export type ClientEvents = {
    status: [status: LinkStatus];
    /** What concerns no single room, or ends all of them. */
    error: [error: EdgeRoomsError];
};
/**
 * A client of one server: one socket for all its rooms, made at the first `room()` and made anew for as long as it takes.
 *
 * ```ts
 * const client = new EdgeRooms("wss://host", { token: () => fetchToken() });
 * const room = client.room("chat/lobby");
 * room.on("event", (e) => console.log(e.seq, e.by, e.data));
 * await room.send("message", { text: "hello" });
 * ```
 */
export declare class EdgeRooms {
    #private;
    /** `url` is `ws(s)://` or `http(s)://HOST`, with a path where the server has one; the page's own server by default. */
    constructor(url: string | undefined, options: EdgeRoomsOptions);
    get status(): LinkStatus;
    /** Who the server says we are; known once connected. */
    get user(): string | undefined;
    /** The id that the server knows us by across connections and, with `persist`, reloads; known once connected. */
    get session(): string | undefined;
    /** Calls back whenever it happens; returns what ends that. */
    on<K extends keyof ClientEvents>(name: K, listener: (...args: ClientEvents[K]) => void): () => void;
    /**
     * Opens a room. A room opened twice is joined once: each handle has listeners of its own and is left on its own. `history` counts at the
     * first; the latest `presence` counts.
     */
    room<TState = unknown>(id: string, options?: RoomOptions): Room<TState>;
    /** Ends everything now. Commands that wait are rejected: `closed` where never sent, `outcome_unknown` where sent. */
    close(): void;
}
