/** A reload: the same session, the same numbers, and what was on its way goes through once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionStorage } from "../src/index.ts";
import { settled } from "./support/fake-clock.ts";
import { ack } from "./support/scripted-server.ts";
import { live, outcome, reconnect, ROOM, scripted } from "./support/setup.ts";

class MemoryStorage implements SessionStorage {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null { return this.items.get(key) ?? null; }
  setItem(key: string, value: string): void { this.items.set(key, value); }
  removeItem(key: string): void { this.items.delete(key); }
  /** What a page that ends now leaves to the next. */
  copy(): MemoryStorage {
    const copy = new MemoryStorage();
    for (const [key, value] of this.items) copy.items.set(key, value);
    return copy;
  }
}

async function reloaded(storage: MemoryStorage, welcomed: object = {}) {
  return live({ seq: 1 }, { persist: true, storage: storage.copy() }, welcomed);
}

test("A reload goes on with the session, the numbers and the unanswered commands", async () => {
  const storage = new MemoryStorage();
  const before = await live({ epoch: "3" }, { persist: true, storage });
  void before.room.send("answered");
  void before.room.send("sent", { n: 1 });
  before.connection.say(ack((await before.connection.take("send"))[0]!, 1));
  await settled();
  before.connection.drop();
  void before.room.send("waiting", { n: 2 });

  const after = await reloaded(storage);
  assert.equal(after.connection.all("hello")[0]?.session, "s1");
  assert.equal(after.client.session, "s1");
  assert.deepEqual(after.connection.all("send").map(({ cmd, name, data, epoch }) => [cmd, name, data, epoch]), [
    [2, "sent", { n: 1 }, "3"], [3, "waiting", { n: 2 }, undefined],
  ]);
  for (const frame of after.connection.all("send")) after.connection.say(ack(frame, frame.cmd!, { dup: frame.cmd === 2 }));
  const fresh = after.room.send("fresh");
  const frame = after.connection.all("send").at(-1);
  assert.equal(frame?.cmd, 4);
  after.connection.say(ack(frame!, 4));
  assert.equal(await outcome(fresh), "seq 4");
});

test("Numbers go on after a reload with nothing unanswered", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  void before.room.send("a");
  before.connection.say(ack((await before.connection.take("send"))[0]!, 1));
  const after = await reloaded(storage);
  void after.room.send("b");

  assert.deepEqual((await after.connection.take("send")).map(({ cmd }) => cmd), [2]);
});

test("A number is on disk before it is on the wire", async () => {
  const storage = new MemoryStorage();
  const { room, connection } = await live({}, { persist: true, storage });
  let kept: string | null = "";
  const send = connection.socket.onsent;
  connection.socket.onsent = (text) => {
    kept = storage.getItem(`edgerooms:ws://server:${ROOM}`);
    send(text);
  };
  void room.send("a");
  await settled();

  assert.equal((JSON.parse(kept!) as { commands: { cmd: number }[] }).commands[0]?.cmd, 1);
});

test("After a reload into a new session, what was sent is told as unknown and not sent again", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  void before.room.send("sent");
  await before.connection.take("send");
  const after = await reloaded(storage, { session: "s2" });

  assert.deepEqual(after.heard.errors, ["outcome_unknown"]);
  assert.deepEqual(after.connection.all("send"), []);
});

test("Commands of a room that is opened only after the session has changed keep to their session", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  void before.room.send("sent");
  await before.connection.take("send");
  const all = scripted({ persist: true, storage: storage.copy() });
  all.client.room("chat/other");
  const connection = await all.server.next();
  await connection.letIn({}, { session: "s2" });
  all.client.room(ROOM);
  await connection.letIn({}, { session: "s2" });

  assert.deepEqual(connection.all("send"), []);
});

test("Commands of a room that the next page does not open wait for a page that does", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  before.connection.drop();
  void before.room.send("waiting");
  const all = scripted({ persist: true, storage: storage.copy() });
  all.client.room("chat/other");
  const connection = await all.server.next();
  await connection.letIn();
  assert.deepEqual(connection.all("send"), []);
  all.client.room(ROOM);
  await connection.letIn();

  assert.deepEqual(connection.all("send").map(({ room, name }) => [room, name]), [[ROOM, "waiting"]]);
});

test("Another user's page does not send what was left", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  before.connection.drop();
  void before.room.send("waiting");
  const after = await reloaded(storage, { user: "bob", session: "s2" });

  assert.deepEqual(after.connection.all("send"), []);
});

test("Without persist nothing is kept", async () => {
  const storage = new MemoryStorage();
  const { room } = await live({}, { storage });
  void room.send("a");
  await settled();

  assert.equal(storage.items.size, 0);
});

test("A session whose numbers could not be kept is not taken up again, as one of them could then stand for two commands", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  void before.room.send("kept");
  before.connection.say(ack((await before.connection.take("send"))[0]!, 1));
  await settled();
  const set = storage.setItem.bind(storage);
  storage.setItem = () => { throw new Error("QuotaExceededError"); };
  void before.room.send("not kept");
  before.connection.say(ack((await before.connection.take("send"))[0]!, 2));
  storage.setItem = set;
  await (await reconnect(before, before.connection)).letIn({ recovered: true, seq: 2 });
  const after = await reloaded(storage, { session: "s2" });
  void after.room.send("next");

  assert.equal(after.connection.all("hello")[0]?.session, undefined);
  assert.deepEqual((await after.connection.take("send")).map(({ cmd, name }) => [cmd, name]), [[1, "next"]]);
});

test("A session that another tab goes on with is not taken up again by a reload, which knows nothing of the numbers since", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  void before.room.send("sent");
  await before.connection.take("send");
  before.connection.socket.end(4005);
  assert.equal(before.client.status, "closed");
  const after = await reloaded(storage, { session: "s2" });

  assert.equal(after.connection.all("hello")[0]?.session, undefined);
  assert.deepEqual(after.connection.all("send"), []);
});

test("Another user's numbers begin at 1, whatever came before", async () => {
  const storage = new MemoryStorage();
  const before = await live({}, { persist: true, storage });
  for (const name of ["a", "b"]) void before.room.send(name);
  await settled();
  const after = await reloaded(storage, { user: "bob", session: "s2" });
  void after.room.send("c");

  assert.deepEqual((await after.connection.take("send")).map(({ cmd, name }) => [cmd, name]), [[1, "c"]]);
});

test("A storage that is full or holds rubbish costs nothing but the reload", async () => {
  const storage = new MemoryStorage();
  storage.setItem("edgerooms:mine", "{");
  storage.setItem = () => { throw new Error("QuotaExceededError"); };
  const { room, connection } = await live({}, { persist: "mine", storage });
  const sent = room.send("a");
  connection.say(ack((await connection.take("send"))[0]!, 1));

  assert.equal(await outcome(sent), "seq 1");
});
