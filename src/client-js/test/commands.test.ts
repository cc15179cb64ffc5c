/** Sending: each command settles once, in order, with at most one effect. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EdgeRooms } from "../src/index.ts";
import { ack, refusal } from "./support/scripted-server.ts";
import { live, nextOf, outcome, reconnect, ROOM, scripted } from "./support/setup.ts";

const cmds = (frames: { cmd?: number }[]) => frames.map(({ cmd }) => cmd);

test("A command resolves to its ack", async () => {
  const { room, connection } = await live();
  const sent = room.send<{ id: number }>("add", { by: 2 });
  const [frame] = await connection.take("send");
  assert.deepEqual(frame, { type: "send", room: ROOM, cmd: 1, name: "add", data: { by: 2 }, id: frame?.id });
  connection.say(ack(frame!, 7, { result: { id: 3 } }));

  assert.deepEqual(await sent, { seq: 7, result: { id: 3 } });
});

test("Commands sent offline wait and go in order", async () => {
  const { client, server } = scripted();
  const room = client.room(ROOM);
  void room.send("a");
  void room.send("b");
  const connection = await server.next();
  assert.deepEqual(await connection.take("send"), []);
  await connection.letIn();

  assert.deepEqual(connection.all("send").map(({ cmd, name }) => [cmd, name]), [[1, "a"], [2, "b"]]);
});

test("Unanswered commands go again with the same numbers, and with the epoch of their first try", async () => {
  const all = await live({ seq: 0, epoch: "4" });
  const answers = [all.room.send("a"), all.room.send("b"), all.room.send("c")];
  const [one] = await all.connection.take("send");
  all.connection.say(ack(one!, 1));

  const second = await reconnect(all, all.connection);
  await second.letIn({ seq: 2, epoch: "4", recovered: true });
  const again = second.all("send");
  assert.deepEqual(again.map(({ cmd, epoch }) => [cmd, epoch]), [[2, "4"], [3, "4"]]);
  second.say(ack(again[0]!, 2, { dup: true }), ack(again[1]!, 3));
  assert.deepEqual(await Promise.all(answers), [{ seq: 1 }, { seq: 2, dup: true }, { seq: 3 }]);
});

test("After a refusal with retry the client goes back to that number and sends all from there, once", async () => {
  const { room, connection, clock } = await live();
  const answers = ["a", "b", "c"].map((name) => room.send(name));
  const [one, two, three] = await connection.take("send");
  connection.say(ack(one!, 1), refusal(two!, "rate_limited", true, { retryAfterMs: 50 }));
  answers.push(room.send("d"));
  await clock.advance(100);
  assert.deepEqual(await connection.take("send"), [], "nothing goes while an answer is due");
  connection.say(refusal(three!, "out_of_order", true));

  const again = await connection.take("send");
  assert.deepEqual(cmds(again), [2, 3, 4]);
  for (const frame of again) connection.say(ack(frame, frame.cmd!));
  assert.deepEqual((await Promise.all(answers)).map(({ seq }) => seq), [1, 2, 3, 4]);
  await clock.advance(10_000);
  assert.deepEqual(await connection.take("send"), []);
});

for (const code of ["rate_limited", "overloaded", "unavailable", "out_of_order", "over_limit", "internal"]) {
  test(`A command refused as ${code} with retry goes again after a while`, async () => {
    const { room, connection, clock } = await live();
    const sent = room.send("a");
    const [frame] = await connection.take("send");
    connection.say(refusal(frame!, code, true));
    await clock.advance(5_000);
    const [again] = await connection.take("send");
    connection.say(ack(again!, 1));

    assert.equal(await outcome(sent), "seq 1");
  });
}

for (const code of ["rejected", "forbidden", "unknown_type", "internal", "unavailable", "over_limit", "too_large", "bad_frame"]) {
  test(`A command refused as ${code} for good rejects and holds nothing up`, async () => {
    const { room, connection, heard } = await live();
    const no = room.send("a");
    const yes = room.send("b");
    const [one, two] = await connection.take("send");
    connection.say(refusal(one!, code, false), ack(two!, 1));

    await assert.rejects(no, { name: "EdgeRoomsError", code, room: ROOM, retry: false, message: `${ROOM}: No.` });
    assert.equal(await outcome(yes), "seq 1");
    assert.deepEqual(heard.errors, [code]);
  });
}

test("A frame that the server could not take rejects its command by `id` alone", async () => {
  const { room, connection } = await live();
  const sent = room.send("a");
  const [frame] = await connection.take("send");
  connection.say({ type: "error", id: frame?.id, code: "bad_frame", message: "No.", retry: false });

  await assert.rejects(sent, { code: "bad_frame", room: ROOM });
});

test("A number that the room had refused before a crash rejects", async () => {
  const { room, connection } = await live();
  const sent = room.send("a");
  const [frame] = await connection.take("send");
  connection.say(ack(frame!, 9, { dup: true, refused: true }));

  assert.equal(await outcome(sent), "rejected");
});

test("An answer that comes twice, or to an earlier try, changes nothing", async () => {
  const all = await live();
  const sent = all.room.send("a");
  const [frame] = await all.connection.take("send");
  const second = await reconnect(all, all.connection);
  await second.letIn({ recovered: true });
  second.say(refusal(frame!, "rejected", false));
  assert.equal(await outcome(sent), "open");
  const [again] = second.all("send");
  second.say(ack(again!, 1), ack(again!, 2), refusal(again!, "rejected", false));
  assert.equal(await outcome(sent), "seq 1");
});

test("At most 256 numbers are unanswered", async () => {
  const { room, connection } = await live();
  const answers = Array.from({ length: 300 }, (_, at) => room.send("n", at));
  const first = await connection.take("send");
  assert.equal(first.length, 256);
  for (const frame of first) connection.say(ack(frame, frame.cmd!));
  const rest = await connection.take("send");
  for (const frame of rest) connection.say(ack(frame, frame.cmd!));

  assert.deepEqual((await Promise.all(answers)).map(({ seq }) => seq), answers.map((_, at) => at + 1));
});

test("Sends are paced under the limits of the welcome", async () => {
  const { room, connection, clock } = await live({}, {}, { commandsPerSecond: 10, commandBurst: 20 });
  for (let n = 0; n < 60; n++) void room.send("n", n);
  const burst = (await connection.take("send")).length;
  await clock.advance(1_050);
  const second = (await connection.take("send")).length;

  assert.deepEqual([burst, second], [18, 9]);
});

test("The queue is bounded", async () => {
  const { client } = scripted({ queue: 2 });
  const room = client.room(ROOM);
  void room.send("a");
  void room.send("b");

  await assert.rejects(room.send("c"), { code: "queue_full", retry: true });
});

test("A command is taken as it was when it was sent", async () => {
  const { room, connection } = await live();
  const data = { n: 1 };
  void room.send("a", data);
  data.n = 2;

  assert.deepEqual((await connection.take("send"))[0]?.data, { n: 1 });
});

for (const [what, name, data, code] of [
  ["a NUL character", "a", { text: "\u0000" }, "bad_frame"],
  ["half a surrogate pair", "a", ["\ud800"], "bad_frame"],
  ["an empty name", "", null, "bad_frame"],
  ["a cycle", "a", (() => { const it: unknown[] = []; it.push(it); return it; })(), "bad_frame"],
  ["a function", "a", () => 1, "bad_frame"],
  ["a nesting of 65", "a", JSON.parse("[".repeat(65) + "]".repeat(65)), "bad_frame"],
  ["70 KiB", "a", "x".repeat(70 * 1024), "too_large"],
] as const) {
  test(`What the server could not answer is refused at once: ${what}`, async () => {
    const { room, connection } = await live();
    await assert.rejects(room.send(name, data), { code });
    assert.deepEqual(await connection.take("send"), []);
  });
}

test("Text that only looks like a NUL escape, brackets in strings and 64 levels are fine", async () => {
  const { room, connection } = await live();
  void room.send("a", ["\\u0000", "[".repeat(100), "\\", '"[["', "😀"]);
  void room.send("b", JSON.parse("[".repeat(64) + "]".repeat(64)));

  assert.equal((await connection.take("send")).length, 2);
});

test("With a new session what was sent is unknown, and what was not gets new numbers", async () => {
  const all = await live();
  const sent = all.room.send("sent");
  await all.connection.take("send");
  all.connection.drop();
  const fresh = all.room.send("fresh");
  const second = await nextOf(all);
  second.say({ type: "error", code: "gone", message: "Over.", retry: false });
  await second.letIn({ recovered: true }, { session: "s2" });

  assert.equal(await outcome(sent), "outcome_unknown");
  const [again] = second.all("send");
  assert.deepEqual([again?.cmd, again?.name, again?.epoch], [1, "fresh", undefined]);
  second.say(ack(again!, 1));
  assert.equal(await outcome(fresh), "seq 1");
});

test("A room that has forgotten the session makes the client come back without one", async () => {
  const all = await live();
  const sent = all.room.send("a");
  const [frame] = await all.connection.take("send");
  all.connection.say(refusal(frame!, "gone", false));
  await all.clock.advance(0);

  const second = await all.server.next();
  assert.equal(second.all("hello")[0]?.session, undefined);
  await second.letIn({ recovered: true }, { session: "s2" });
  const [again] = second.all("send");
  assert.equal(again?.cmd, 1, "it had never run, so it goes under a new number");
  second.say(ack(again!, 1));
  assert.equal(await outcome(sent), "seq 1");
});

test("A resend to a stream that was replaced is unknown, and its neighbours go on", async () => {
  const all = await live();
  const sent = all.room.send("a");
  await all.connection.take("send");
  const second = await reconnect(all, all.connection);
  await second.letIn({ epoch: "2" });
  const next = all.room.send("b");
  const [one, two] = await second.take("send");
  second.say(refusal(one!, "gone", false), ack(two!, 1));

  assert.deepEqual([await outcome(sent), await outcome(next)], ["outcome_unknown", "seq 1"]);
});

test("A server that has lost our place gets a fresh connection", async () => {
  const all = await live();
  const sent = all.room.send("a");
  const [frame] = await all.connection.take("send");
  all.connection.say(refusal(frame!, "not_joined", false));
  await all.clock.advance(0);
  const second = await all.server.next();
  await second.letIn({ recovered: true });
  second.say(ack(second.all("send")[0]!, 1));

  assert.equal(await outcome(sent), "seq 1");
});

test("A command without an answer makes the client ask on a new connection", async () => {
  const all = await live();
  void all.room.send("a");
  const second = await nextOf(all);
  await second.letIn({ recovered: true });

  assert.deepEqual(cmds(second.all("send")), [1]);
});

test("Leaving waits for the commands", async () => {
  const all = await live();
  const sent = all.room.send("a");
  all.room.leave();
  const [frame] = await all.connection.take("send");
  assert.deepEqual(all.connection.all("leave"), []);
  await assert.rejects(all.room.send("b"), { code: "closed" });
  all.connection.say(ack(frame!, 1));
  assert.equal(await outcome(sent), "seq 1");
  assert.equal(all.connection.all("leave").length, 1);
});

test("Closing tells what was never sent from what is unknown", async () => {
  const all = await live();
  const sent = all.room.send("a");
  await all.connection.take("send");
  all.connection.drop();
  const waiting = all.room.send("b");
  all.client.close();

  assert.deepEqual([await outcome(sent), await outcome(waiting)], ["outcome_unknown", "closed"]);
  assert.equal(all.room.status, "closed");
  assert.throws(() => all.client.room(ROOM), { code: "closed" });
});

test("Errors of the caller teach", () => {
  const { client } = scripted();
  assert.throws(() => client.room("Chat/lobby"), { code: "invalid_room", message: /give kind\/name/ });
  assert.throws(() => new EdgeRooms("host:8080", { token: "t" }), { code: "unsupported", message: /give ws:\/\// });
  if (!globalThis.WebSocket) assert.throws(() => new EdgeRooms("ws://host", { token: "t" }), { message: /'WebSocket' option/ });
});
