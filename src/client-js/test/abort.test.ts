/** Commands given up by a signal: never sent, skipped, or done after all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ack, refusal } from "./support/scripted-server.ts";
import { live, nextOf, outcome, ROOM, scripted } from "./support/setup.ts";

const cmds = (frames: { cmd?: number }[]) => frames.map(({ cmd }) => cmd);

test("A command given up before it was sent leaves no trace", async () => {
  const { client, server } = scripted();
  const room = client.room(ROOM);
  const stop = new AbortController();
  const sent = room.send("a", null, { signal: stop.signal });
  void room.send("b");
  stop.abort();
  const connection = await server.next();
  await connection.letIn();

  assert.equal(await outcome(sent), "aborted");
  assert.deepEqual(connection.all("send").map(({ cmd, name }) => [cmd, name]), [[1, "b"]]);
});

for (const [how, answer, expected] of [
  ["was skipped", { skipped: true }, "aborted"],
  ["had taken effect", { dup: true }, "seq 5"],
] as const) {
  test(`A command given up after it was sent: it ${how}`, async () => {
    const { room, connection } = await live();
    const stop = new AbortController();
    const sent = room.send("a", null, { signal: stop.signal });
    await connection.take("send");
    stop.abort();
    const [skip] = await connection.take("skip");
    connection.say(ack(skip!, 5, answer));

    assert.equal(await outcome(sent), expected);
  });
}

test("A signal that outlives its commands keeps none of them", async () => {
  const { room, connection } = await live();
  const stop = new AbortController();
  let listening = 0;
  const { addEventListener, removeEventListener } = stop.signal;
  stop.signal.addEventListener = (...all: unknown[]) => { listening++; addEventListener.apply(stop.signal, all as never); };
  stop.signal.removeEventListener = (...all: unknown[]) => { listening--; removeEventListener.apply(stop.signal, all as never); };
  const [done, refused] = [room.send("a", null, { signal: stop.signal }), room.send("b", null, { signal: stop.signal })];
  const [one, two] = await connection.take("send");
  connection.say(ack(one!, 0), refusal(two!, "rejected", false));

  assert.deepEqual([await outcome(done), await outcome(refused), listening], ["seq 0", "rejected", 0]);
});

test("A skip waits until its number is the lowest unanswered, and the answer to the send may come first", async () => {
  const { room, connection } = await live();
  const stop = new AbortController();
  void room.send("a");
  const given = room.send("b", null, { signal: stop.signal });
  const other = room.send("c", null, { signal: stop.signal });
  const [one, two, three] = await connection.take("send");
  stop.abort();
  assert.deepEqual(await connection.take("skip"), []);
  connection.say(ack(one!, 1));
  assert.deepEqual(cmds(await connection.take("skip")), [2]);
  connection.say(ack(two!, 2), ack(three!, 3));

  assert.deepEqual([await outcome(given), await outcome(other)], ["seq 2", "seq 3"]);
});

test("A number refused with retry and given up is skipped in its place, and the next follow", async () => {
  const { room, connection, clock } = await live();
  const stop = new AbortController();
  const given = room.send("a", null, { signal: stop.signal });
  const next = room.send("b");
  const [one, two] = await connection.take("send");
  connection.say(refusal(one!, "unavailable", true, { retryAfterMs: 100 }), refusal(two!, "out_of_order", true));
  stop.abort();
  await clock.advance(100);
  assert.deepEqual((await connection.take("send")).map(({ cmd }) => cmd), [2]);
  const [skip] = connection.all("skip");
  assert.equal(skip?.cmd, 1);
  connection.say(ack(skip!, 0, { skipped: true }), ack(connection.all("send").at(-1)!, 1));

  assert.deepEqual([await outcome(given), await outcome(next)], ["aborted", "seq 1"]);
});

test("After a reconnect a number given up is skipped, not sent", async () => {
  const all = await live();
  const stop = new AbortController();
  const given = all.room.send("a", null, { signal: stop.signal });
  await all.connection.take("send");
  all.connection.drop();
  stop.abort();
  const second = await nextOf(all);
  await second.letIn({ recovered: true });
  assert.deepEqual([cmds(second.all("send")), cmds(second.all("skip"))], [[], [1]]);
  second.say(ack(second.all("skip")[0]!, 0, { skipped: true }));
  assert.equal(await outcome(given), "aborted");
});
