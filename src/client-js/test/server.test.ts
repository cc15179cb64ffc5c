/** The real server, killed and restarted under the client; what is started here has a data directory of its own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { EdgeRooms, type EdgeRoomsOptions, type Room, type RoomEvent } from "../src/index.ts";
import { randomOf } from "./support/fake-clock.ts";
import { startServer, until, type Server } from "./support/server.ts";

const seed = Number(process.env["EDGEROOMS_SEED"] ?? Date.now() % 100_000);
const clients: EdgeRooms[] = [];
let server: Server;

before(async () => {
  server = await startServer();
}, { timeout: 180_000 });

after(async () => {
  for (const client of clients) client.close();
  await server.stop();
}, { timeout: 60_000 });

const rule = (name: string, body: () => Promise<void>) => test(name, { timeout: 240_000 }, body);

rule("Commands sent through kill -9 take effect once each, in order, and everyone sees them so", async () => {
  const [ada, bob] = [open("ada"), open("bob")];
  const rooms = ["chat/one", "relay/two"].map((id) => ada.room(id));
  const [heard, theirs] = [rooms.map(eventsOf), rooms.map(({ id }) => eventsOf(bob.room(id)))];
  const answers: Promise<{ seq: number }>[] = [];
  const send = (count: number) => {
    for (let n = 0; n < count; n++) answers.push(rooms[answers.length % 2]!.send("n", answers.length));
  };

  for (let round = 0; round < 3; round++) {
    send(100);
    await answers[answers.length - 60]; // so that some are answered, some on their way, some waiting
    await server.kill();
    send(20);
    await server.start();
  }
  const acked = await Promise.all(answers);
  await until(() => [...heard, ...theirs].every((events) => events.length === answers.length / 2));

  for (const [at, room] of rooms.entries()) {
    const stored: RoomEvent[] = [];
    for await (const event of room.history()) stored.push(event);
    const expected = acked.map((_, n) => n).filter((n) => n % 2 === at);
    assert.deepEqual(stored.map(({ data }) => data), expected);
    assert.deepEqual(stored.map(({ seq }) => seq), expected.map((_, n) => n + 1));
    assert.deepEqual(heard[at], stored.map(({ seq, data }) => [seq, data]));
    assert.deepEqual(theirs[at], heard[at]);
    for (const n of expected) assert.ok(acked[n]!.seq >= stored.find(({ data }) => data === n)!.seq);
  }
});

rule(`A document changed by two at random is the same for both and for the server (EDGEROOMS_SEED=${seed})`, async () => {
  const random = randomOf(seed);
  const docs = [open("ada"), open("bob")].map((client) => client.room<Record<string, unknown>>("doc/random"));
  const helpers = docs.map((room) => room.doc());
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const value = (): unknown => pick([1, "x", null, true, [], [1, [2]], { a: 1 }, { a: { b: [] } }, { "": 0, "a/b": 1 }]);
  const path = () => Array.from({ length: Math.floor(random() * 4) }, () => `/${pick(["a", "b", "0", "1", "-", "", "a~1b", "__proto__"])}`).join("");
  const answers: Promise<unknown>[] = [];
  let refused = 0;
  for (let n = 0; n < 300; n++) {
    const doc = pick(helpers);
    const sent = random() < 0.5 ? doc.set(path(), value()) : doc.patch(pick([{ a: value() }, { b: value(), a: null }, JSON.parse('{"__proto__":{"x":1}}')]) as object);
    answers.push(sent.catch((error: { code: string }) => { assert.equal(error.code, "rejected"); refused++; }));
    if (random() < 0.1) await Promise.all(answers);
  }
  await Promise.all(answers);
  const head = Math.max(...docs.map(({ seq }) => seq));
  await until(() => docs.every(({ seq }) => seq === head));

  const stored = await docs[0]!.at(head);
  assert.ok(refused > 0 && refused < 200, `${refused} were refused`);
  for (const doc of helpers) assert.deepEqual(doc.get(), stored);
  assert.deepEqual(await docs[0]!.at(0), {});
});

rule("A reload in the middle of a send is the same session, and what was on its way goes through once", async () => {
  const items = new Map<string, string>();
  const storage = { getItem: (key: string) => items.get(key) ?? null, setItem: (key: string, value: string) => void items.set(key, value), removeItem: () => {} };
  const page = (): [EdgeRooms, Room] => {
    const client = open("ada", { persist: true, storage });
    return [client, client.room("chat/reload")];
  };
  const [before, room] = page();
  await room.send("n", 0);
  for (let n = 1; n <= 20; n++) void room.send("n", n);
  await Promise.resolve();
  storage.setItem = () => {}; // the page is gone: nothing of it is written any more
  before.close();
  storage.setItem = (key, value) => void items.set(key, value);

  const [, again] = page();
  assert.deepEqual((await again.send("n", 21)).seq, 22);
  const stored: unknown[] = [];
  for await (const { data, member } of again.history()) stored.push([data, member]);
  assert.deepEqual(stored, Array.from({ length: 22 }, (_, n) => [n, again.me]));
});

rule("Presence, members, ephemerals, a game's refusal and the past, as the quick start has them", async () => {
  const [ada, bob] = [open("ada"), open("bob")];
  interface Board { board: (string | null)[]; turn: string }
  const room = ada.room<Board>("tictactoe/42", { presence: { color: "teal" } });
  const other = bob.room<Board>("tictactoe/42");
  const cursors: unknown[] = [];
  other.on("ephemeral", ({ name, data, by }) => cursors.push([name, data, by]));
  await until(() => room.status === "live" && other.members.length === 2);
  assert.deepEqual(other.members.find(({ user }) => user === "ada")?.data, { color: "teal" });

  room.ephemeral("cursor", { x: 1 });
  const { seq } = await room.send("play", { cell: 4 });
  await assert.rejects(room.send("play", { cell: 4 }), { code: "rejected", room: "tictactoe/42" });
  await until(() => cursors.length === 1);
  assert.deepEqual(cursors, [["cursor", { x: 1 }, "ada"]]);
  assert.deepEqual((await room.at(seq)).board[4], "X");
  await assert.rejects(room.at(8_000), { code: "gone" });

  other.leave();
  await until(() => room.members.length === 1);
});

rule("A command given up is either done or never", async () => {
  const room = open("ada").room("chat/abort");
  const results = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => {
    const stop = new AbortController();
    const sent = room.send("n", n, { signal: stop.signal });
    if (n % 3 === 0) setTimeout(() => stop.abort(), n);
    return sent;
  }));
  const stored: unknown[] = [];
  for await (const { data } of room.history()) stored.push(data);

  assert.deepEqual(stored, results.flatMap(({ status }, n) => status === "fulfilled" ? [n] : []));
});

function open(user: string, options: Partial<EdgeRoomsOptions> = {}): EdgeRooms {
  const token = () => fetch(`${server.url}/dev/token?user=${user}`).then((response) => response.text());
  const client = new EdgeRooms(server.url, { token, WebSocket, ...options });
  clients.push(client);
  return client;
}

function eventsOf(room: Room): [number, unknown][] {
  const events: [number, unknown][] = [];
  room.on("event", ({ seq, data }) => events.push([seq, data]));
  return events;
}
