/** What the compiler says of the public types; `npm run types` is the test, this file only has to compile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EdgeRooms, EdgeRoomsError, type Doc, type EdgeRoomsOptions, type Member, type Patch, type Room, type RoomEvent, type RoomStatus, type Sent,
} from "../src/index.ts";
import { useDoc, useEvent, useMembers, useRoom, type DocValue } from "../src/react.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function is<_T extends true>(): void {}

interface Board { board: (string | null)[]; turn: "X" | "O" }
interface Page { title: string; todo: { text: string; done?: boolean }[]; meta: { by: string; tags: string[] } }

// Never called: only its types count.
export async function types(client: EdgeRooms, board: Room<Board>, page: Room<Page>, plain: Room): Promise<void> {
  is<Equal<ReturnType<typeof client.room<Board>>, Room<Board>>>();
  is<Equal<typeof board.state, Board | undefined>>();
  is<Equal<typeof plain.state, unknown>>();
  is<Equal<typeof board.status, RoomStatus>>();
  board.on("state", (state, seq) => { is<Equal<typeof state, Board>>(); is<Equal<typeof seq, number>>(); });
  board.on("event", (event) => { is<Equal<typeof event, RoomEvent>>(); is<Equal<typeof event.data, unknown>>(); });
  board.on("members", (members) => is<Equal<typeof members, readonly Member[]>>());
  board.on("error", (error) => is<Equal<typeof error, EdgeRoomsError>>());
  const off = board.on("status", (status) => is<Equal<typeof status, RoomStatus>>());
  is<Equal<typeof off, () => void>>();
  // @ts-expect-error there is no such happening
  board.on("news", () => {});
  // @ts-expect-error a seq is a number
  board.on("state", (_state, seq: string) => seq);

  const sent = await board.send<{ mark: "X" | "O" }>("play", { cell: 4 });
  is<Equal<typeof sent, Sent<{ mark: "X" | "O" }>>>();
  is<Equal<typeof sent.result, { mark: "X" | "O" } | undefined>>();
  is<Equal<Awaited<ReturnType<typeof board.at>>, Board>>();
  for await (const event of board.history({ after: 0 })) is<Equal<typeof event, RoomEvent>>();

  board.optimistic((state, change) => {
    is<Equal<typeof state, Board>>();
    if (change.type === "event") is<Equal<typeof change.seq, number>>();
    // @ts-expect-error a command has no seq yet
    else change.seq;
    return state;
  });
  // @ts-expect-error a reducer returns the state
  board.optimistic(() => 1);

  const doc = page.doc();
  is<Equal<typeof doc, Doc<Page>>>();
  is<Equal<ReturnType<typeof doc.get>, unknown>>(); // of its last overload
  const whole: Page = doc.get();
  const title: string | undefined = doc.get<string>("/title") ?? whole.title;
  void doc.patch({ title: title ?? null, meta: { by: null, tags: ["a"] } });
  // @ts-expect-error a title is a string
  void doc.patch({ title: 1 });
  // @ts-expect-error an array is replaced whole
  void doc.patch({ todo: { 0: null } });
  is<Equal<Patch<{ a: number }>, { a?: number | null }>>();
  void doc.set("/todo/-", { text: "" }, { ifSeq: 3, signal: new AbortController().signal });

  const inPage = useRoom<Page>(client, "doc/a", { presence: {}, history: 5 });
  is<Equal<typeof inPage, Room<Page> | null>>();
  useEvent(inPage, "patched", (event) => is<Equal<typeof event, RoomEvent>>());
  is<Equal<ReturnType<typeof useMembers>, readonly Member[]>>();
  const value = useDoc<string>(inPage, "/title");
  is<Equal<typeof value, DocValue<string>>>();

  // @ts-expect-error a token is required
  const options: EdgeRoomsOptions = {};
  void options;
}

test("Public types are as asserted (compiled by npm run types)", () => {
  assert.equal(typeof types, "function");
});
