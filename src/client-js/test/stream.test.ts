/** Reading: events without a hole or a repeat, states, members, sharing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "./support/fake-clock.ts";
import { ack, event, joinedOf } from "./support/scripted-server.ts";
import { hear, live, nextOf, reconnect, ROOM, scripted } from "./support/setup.ts";

const seqs = (events: { seq: number }[]) => events.map(({ seq }) => seq);

test("Rooms opened together share one socket and join at once, behind the hello", async () => {
  const { client, server } = scripted();
  client.room("chat/a", { history: 5, presence: { color: "teal" } });
  client.room("chat/b");
  const connection = await server.next();

  assert.equal(server.connections.length, 1);
  assert.equal(connection.socket.url, "ws://server/rooms?batch=1");
  assert.deepEqual(connection.socket.protocols, ["edgerooms.v1"]);
  assert.deepEqual(connection.frames, [
    { type: "hello", token: "jwt", client: "edgerooms-js/0.1.0" },
    { type: "join", id: 1, room: "chat/a", history: 5, data: { color: "teal" } },
    { type: "join", id: 2, room: "chat/b" },
  ]);
});

test("A lost connection resumes by session, epoch and since", async () => {
  const all = await live({ seq: 3, epoch: "9007199254740993" });
  all.connection.say(event(4), event(5));

  const second = await reconnect(all, all.connection);
  assert.equal(second.all("hello")[0]?.session, "s1");
  assert.deepEqual(second.all("join").map(({ since, epoch }) => [since, epoch]), [[5, "9007199254740993"]]);
  await second.letIn({ seq: 7, epoch: "9007199254740993", recovered: true });
  second.say(event(6), event(7));

  assert.deepEqual(seqs(all.heard.events), [4, 5, 6, 7]);
  assert.deepEqual(all.heard.statuses, ["connecting", "live", "offline", "resuming", "live"]);
  assert.deepEqual(all.heard.resets, []);
});

test("Several frames in one message are taken one by one; unknown ones and repeats are passed over", async () => {
  const { connection, heard } = await live();
  connection.socket.deliver([event(1), { type: "news" }, event(2), event(2), event(1)].map((frame) => JSON.stringify(frame)).join("\n"));
  connection.say(event(3));

  assert.deepEqual(seqs(heard.events), [1, 2, 3]);
});

test("A hole on a live link is closed by history, without a word to anyone", async () => {
  const { connection, heard, server } = await live();
  connection.say(event(1), event(4), event(5));
  const [ask] = await connection.take("history");
  assert.deepEqual([ask?.after, ask?.room], [1, ROOM]);
  connection.say({ type: "page", id: ask?.id, room: ROOM, events: [2, 3, 4, 5].map((seq) => event(seq)), more: false }, event(6));

  assert.deepEqual(seqs(heard.events), [1, 2, 3, 4, 5, 6]);
  assert.equal(server.connections.length, 1);
});

test("A head above what came shows a hole; several pages close it", async () => {
  const { connection, heard } = await live();
  connection.say({ type: "head", room: ROOM, seq: 3 });
  const [first] = await connection.take("history");
  connection.say({ type: "page", id: first?.id, room: ROOM, events: [event(1), event(2)], more: true });
  const [second] = await connection.take("history");
  assert.equal(second?.after, 2);
  connection.say({ type: "page", id: second?.id, room: ROOM, events: [event(3)], more: false }, { type: "head", room: ROOM, seq: 3 });

  assert.deepEqual(seqs(heard.events), [1, 2, 3]);
  assert.deepEqual(await connection.take("history"), []);
});

test("An ack above what came shows a hole", async () => {
  const { connection, room } = await live();
  void room.send("a");
  connection.say(ack((await connection.take("send"))[0]!, 2));
  assert.equal((await connection.take("history"))[0]?.after, 0);
});

for (const [why, answer] of [
  ["is forbidden", { type: "error", code: "forbidden", message: "No.", retry: false }],
  ["has been trimmed", { type: "page", events: [event(5)], more: false }],
  ["brings nothing", { type: "page", events: [], more: false }],
] as const) {
  test(`Where history ${why}, a fresh connection resumes`, async () => {
    const { connection, clock, server, heard } = await live();
    connection.say(event(1), event(6));
    const [ask] = await connection.take("history");
    connection.say({ ...answer, id: ask?.id, room: ROOM });
    await clock.advance(0);

    const second = await server.next();
    assert.equal(second.all("join")[0]?.since, 1);
    assert.equal(connection.closedWith, 4999);
    assert.deepEqual(seqs(heard.events), [1]);
  });
}

test("Past events come first and end where joined says; they are not folded over the state again", async () => {
  const { client, server } = scripted();
  const room = client.room<number>("chat/lobby", { history: 2 }).optimistic((sum) => sum + 1);
  const heard = hear(room);
  const connection = await server.next();
  await connection.letIn({ seq: 10, state: 100 });
  connection.say(event(9), event(10), event(11));

  assert.deepEqual(seqs(heard.events), [9, 10, 11]);
  assert.equal(room.state, 101);
});

test("A connection lost before the first past event asks for them again", async () => {
  const { client, server, clock } = scripted();
  const heard = hear(client.room("chat/lobby", { history: 2 }));
  const first = await server.next();
  await first.letIn({ seq: 10 });

  const second = await reconnect({ server, clock }, first);
  assert.deepEqual(second.all("join").map(({ since, history }) => [since, history]), [[undefined, 2]]);
  await second.letIn({ seq: 10 });
  second.say(event(9), event(10));
  assert.deepEqual(seqs(heard.events), [9, 10]);
});

test("A reset is a new start, and so is a resume that cannot be served", async () => {
  const all = await live({ seq: 5, state: { a: 1 } });
  all.connection.say({ type: "reset", room: ROOM, epoch: "2", seq: 1, reason: "epoch", state: { a: 2 } }, event(2));
  const second = await reconnect(all, all.connection);
  await second.letIn({ seq: 900, epoch: "2", state: { a: 3 } });
  second.say(event(901));

  assert.deepEqual(all.heard.resets, [{ reason: "epoch", epoch: "2", seq: 1 }, { reason: "missed", epoch: "2", seq: 900 }]);
  assert.deepEqual(all.heard.states, [[{ a: 1 }, 5], [{ a: 2 }, 1], [{ a: 3 }, 900]]);
  assert.deepEqual(seqs(all.heard.events), [2, 901]);
});

test("Members are kept up to date, and told to who listens late", async () => {
  const { connection, room } = await live({ members: [{ member: "m1", user: "ada", data: null }] });
  const bob = { member: "m2", user: "bob", data: null };
  connection.say({ type: "members", room: ROOM, joined: [bob] }, { type: "members", room: ROOM, updated: [{ ...bob, data: 1 }] });
  const told: unknown[] = [];
  room.on("members", (members) => told.push(members.map(({ user, data }) => [user, data])));
  await settled();
  connection.say({ type: "members", room: ROOM, left: [bob] });

  assert.deepEqual(told, [[["ada", null], ["bob", 1]], [["ada", null]]]);
});

test("A members frame with `all` is all the others: who left unheard is gone, I am still there, and it is one change", async () => {
  const [me, bob, eve] = ["m1", "m2", "m3"].map((member) => ({ member, user: member, data: null }));
  const { connection, room } = await live({ members: [me, bob] });
  const told: unknown[] = [];
  room.on("members", (members) => told.push(members));
  await settled();
  connection.say({ type: "members", room: ROOM, all: true, joined: [eve] }, { type: "members", room: ROOM, all: true });

  assert.deepEqual(told, [[me, bob], [me, eve], [me]]);
});

test("`head` is above `seq` until what was missed has come", async () => {
  const all = await live({ seq: 3, epoch: "1" });
  assert.deepEqual([all.room.seq, all.room.head], [3, 3]);
  const next = await reconnect(all, all.connection);
  await next.letIn({ seq: 5, epoch: "1", recovered: true });
  assert.deepEqual([all.room.seq, all.room.head], [3, 5]);
  next.say(event(4), event(5), event(6));

  assert.deepEqual([all.room.seq, all.room.head], [6, 6]);
});

test("Ephemerals and presence go while live, and presence comes along at the next join", async () => {
  const all = await live();
  const heard: unknown[] = [];
  all.room.on("ephemeral", (ephemeral) => heard.push(ephemeral));
  all.connection.say({ type: "ephemeral", room: ROOM, name: "cursor", data: { x: 1 }, by: "bob", member: "m2" });
  all.room.ephemeral("cursor", { x: 2 });
  all.room.presence({ mood: "glad" });
  assert.deepEqual(await all.connection.take("ephemeral"), [{ type: "ephemeral", room: ROOM, name: "cursor", data: { x: 2 } }]);
  assert.equal(all.connection.all("presence").length, 1);

  all.connection.drop();
  all.room.ephemeral("cursor", { x: 3 });
  const second = await nextOf(all);
  assert.deepEqual(second.all("join")[0]?.data, { mood: "glad" });
  assert.deepEqual(second.all("ephemeral"), []);
  assert.deepEqual(heard, [{ name: "cursor", data: { x: 1 }, by: "bob", member: "m2" }]);
});

test("A room opened twice is joined once, and left when both have left", async () => {
  const { client, connection, room, heard } = await live();
  const again = client.room(ROOM);
  const other = hear(again);
  await settled();
  assert.equal(connection.all("join").length, 1);
  assert.deepEqual(other.statuses, ["live"]);

  room.leave();
  await settled();
  connection.say(event(1));
  assert.deepEqual([heard.events.length, other.events.length, connection.all("leave").length], [0, 1, 0]);

  again.leave();
  await settled();
  assert.deepEqual(connection.all("leave").map((frame) => frame.room), [ROOM]);
});

test("Who leaves and comes back in one task keeps the membership", async () => {
  const { client, connection, room } = await live();
  room.leave();
  const again = client.room(ROOM);
  await settled();

  assert.equal(connection.all("leave").length, 0);
  assert.equal(again.status, "live");
  assert.equal(room.status, "closed");
});

test("A room left and opened again hears nothing of the membership before", async () => {
  const { client, connection, room } = await live();
  room.leave();
  await settled();
  const heard = hear(client.room(ROOM));
  const [join] = await connection.take("join");
  connection.say(event(1), { type: "left", id: connection.all("leave")[0]?.id, room: ROOM }, joinedOf(ROOM, { id: join?.id, seq: 1 }), event(2));

  assert.deepEqual(seqs(heard.events), [2]);
});

test("A join refused for now is asked again; one refused for good ends the room with its words", async () => {
  const { client, server, clock } = scripted();
  const room = client.room("chat/full");
  const heard = hear(room);
  const connection = await server.next();
  connection.say({ type: "welcome", session: "s1", user: "ada", pingMs: 25_000 });
  const [first] = await connection.take("join");
  connection.say({ type: "error", id: first?.id, room: "chat/full", code: "unavailable", message: "Later.", retry: true, retryAfterMs: 50 });
  await clock.advance(50);
  const [second] = await connection.take("join");
  connection.say({ type: "error", id: second?.id, room: "chat/full", code: "room_full", message: "50 are enough.", retry: false });

  assert.deepEqual(heard.errors, ["room_full"]);
  assert.equal(room.status, "closed");
  await assert.rejects(room.send("x"), { code: "closed" });
});

test("A room that a narrower token no longer allows is closed", async () => {
  const { connection, room, heard } = await live();
  connection.say({ type: "error", room: ROOM, code: "forbidden", message: "No.", retry: false }, { type: "left", room: ROOM });

  assert.equal(room.status, "closed");
  assert.deepEqual(heard.errors, ["forbidden", "forbidden"]);
});

test("History is paged, and waits out a lost connection", async () => {
  const all = await live({ seq: 3 });
  const read: number[] = [];
  const reading = (async () => {
    for await (const { seq } of all.room.history({ after: 0 })) read.push(seq);
  })();
  const [first] = await all.connection.take("history");
  all.connection.say({ type: "page", id: first?.id, room: ROOM, events: [event(1), event(2)], more: true });
  await settled();

  const second = await reconnect(all, all.connection);
  await second.letIn({ seq: 3, recovered: true });
  const [again] = await second.take("history");
  assert.equal(again?.after, 2);
  second.say({ type: "page", id: again?.id, room: ROOM, events: [event(3)], more: false });
  await reading;
  assert.deepEqual(read, [1, 2, 3]);
});

test("A listener that throws costs nobody else the event", async () => {
  const { connection, room, heard } = await live();
  const thrown: unknown[] = [];
  globalThis.reportError = (error) => thrown.push(error);
  room.on("event", () => { throw new Error("a bug"); });
  const more = hear(room);
  connection.say(event(1), event(2));

  assert.deepEqual([seqs(heard.events), seqs(more.events), thrown.length], [[1, 2], [1, 2], 2]);
});
