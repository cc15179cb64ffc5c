import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { EdgeRooms, Member, Room, RoomEvent, RoomOptions, RoomStatus } from "./index.ts";

const NOBODY: readonly Member[] = [];

/**
 * Opens a room while the component is mounted. Null before that (and on a server); every other hook takes null. `options` count when the
 * room is opened.
 */
export function useRoom<TState = unknown>(client: EdgeRooms, id: string, options?: RoomOptions): Room<TState> | null {
  const [room, setRoom] = useState<Room<TState> | null>(null);
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    const opened = client.room<TState>(id, latest.current);
    setRoom(opened);
    return () => {
      opened.leave();
      setRoom(null);
    };
  }, [client, id]);
  return room;
}

/** Calls back with each event of a name, or with `"*"` with each event; always the latest callback. */
export function useEvent(room: Room | null, name: string, callback: (event: RoomEvent) => void): void {
  const latest = useRef(callback);
  latest.current = callback;
  useEffect(() => room?.on("event", (event: RoomEvent) => {
    if (name === "*" || event.name === name) latest.current(event);
  }), [room, name]);
}

/** Who is in the room. */
export function useMembers(room: Room | null): readonly Member[] {
  const [members, setMembers] = useState(NOBODY);
  useEffect(() => {
    setMembers(room?.members ?? NOBODY);
    return room?.on("members", setMembers);
  }, [room]);
  return members;
}

/** The room's status; `connecting` before it is opened. */
export function useStatus(room: Room | null): RoomStatus {
  const subscribe = useCallback((changed: () => void) => room?.on("status", changed) ?? (() => {}), [room]);
  const read = () => room?.status ?? "connecting";
  return useSyncExternalStore(subscribe, read, read);
}

/** What `useDoc` returns: the value at the path, and a function that sets it. */
export type DocValue<T> = [value: T | undefined, set: (value: T) => void];

/** The value at a JSON Pointer of a `doc` room, own changes at once; the whole document for `""`. */
export function useDoc<T = unknown>(room: Room | null, path = ""): DocValue<T> {
  const [value, setValue] = useState<T | undefined>(undefined);
  useEffect(() => {
    setValue(undefined);
    return room?.doc().subscribe<T>(path, setValue);
  }, [room, path]);
  const set = useCallback((next: T) => void room?.doc().set(path, next), [room, path]);
  return [value, set];
}
