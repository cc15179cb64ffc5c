import type { EdgeRooms, Member, Room, RoomEvent, RoomOptions, RoomStatus } from "./index.js";
/**
 * Opens a room while the component is mounted. Null before that (and on a server); every other hook takes null. `options` count when the
 * room is opened.
 */
export declare function useRoom<TState = unknown>(client: EdgeRooms, id: string, options?: RoomOptions): Room<TState> | null;
/** Calls back with each event of a name, or with `"*"` with each event; always the latest callback. */
export declare function useEvent(room: Room | null, name: string, callback: (event: RoomEvent) => void): void;
/** Who is in the room. */
export declare function useMembers(room: Room | null): readonly Member[];
/** The room's status; `connecting` before it is opened. */
export declare function useStatus(room: Room | null): RoomStatus;
/** What `useDoc` returns: the value at the path, and a function that sets it. */
export type DocValue<T> = [value: T | undefined, set: (value: T) => void];
/** The value at a JSON Pointer of a `doc` room, own changes at once; the whole document for `""`. */
export declare function useDoc<T = unknown>(room: Room | null, path?: string): DocValue<T>;
