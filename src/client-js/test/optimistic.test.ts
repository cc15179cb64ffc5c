/** A state by a reducer: own commands at once, rebased on the events. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ack, event, refusal } from "./support/scripted-server.ts";
import { live, outcome, ROOM, scripted } from "./support/setup.ts";

test("Own commands show at once and are rebased on what others did before", async () => {
  const { client, server } = scripted();
  const room = client.room<string[]>(ROOM).optimistic((state, change) => [...state, change.name]);
  const connection = await server.next();
  await connection.letIn({ state: ["start"] });
  const states: unknown[] = [];
  room.on("state", (state) => states.push(state));
  const mine = room.send("mine");
  const refused = room.send("refused");
  const [one, two] = await connection.take("send");
  connection.say(event(1, { name: "theirs" }));
  connection.say(event(2, { name: "mine", member: "m1", cmd: 1 }), ack(one!, 2), refusal(two!, "rejected", false));
  await outcome(mine);
  await outcome(refused);

  assert.deepEqual(states.at(-1), ["start", "theirs", "mine"]);
  assert.deepEqual(states.slice(0, 5), [
    ["start", "mine"],
    ["start", "mine", "refused"],
    ["start", "mine", "refused"], // told to the new listener
    ["start", "theirs", "mine", "refused"],
    ["start", "theirs", "mine", "refused"],
  ]);
});

test("A reducer given late gets the events that passed; too late it is refused in words", async () => {
  const { connection, client } = await live({ state: 0 });
  connection.say(event(1), event(2));
  const room = client.room<number>(ROOM).optimistic((count) => count + 1);
  assert.equal(room.state, 2);

  const busy = await live({ state: 0 });
  for (let seq = 1; seq <= 501; seq++) busy.connection.say(event(seq));
  assert.throws(() => busy.client.room<number>(ROOM).optimistic((count) => count), { code: "state_lost" });
});

test("A kind without a state is folded from what is given", async () => {
  const { client, server } = scripted();
  const room = client.room<number[]>(ROOM, { history: 2 }).optimistic((seen, change) => change.type === "event" ? [...seen, change.seq] : seen, []);
  const connection = await server.next();
  await connection.letIn({ seq: 4 });
  connection.say(event(3), event(4), event(5));

  assert.deepEqual(room.state, [3, 4, 5]);
});
