/** Commands through random faults. A failing seed is printed; EDGEROOMS_SEED runs that one alone, EDGEROOMS_SEEDS as many as it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EdgeRooms, type Room, type RoomEvent } from "../src/index.ts";
import { FakeClock, randomOf } from "./support/fake-clock.ts";
import { calm, ModelServer, type Faults } from "./support/model-server.ts";

const ROOMS = ["chat/a", "chat/b"];
const COMMANDS = 60;
const FAULTY_MS = 60_000;
const SETTLED_WITHIN_MS = 600_000;
const only = process.env["EDGEROOMS_SEED"];
const count = Number(process.env["EDGEROOMS_SEEDS"] ?? 60);
const seeds = only ? [Number(only)] : Array.from({ length: count }, (_, at) => 1_000 + at);

const faults: Faults = {
  ...calm, kill: 0.02, refuse: 0.05, lie: 0.03, reject: 0.05, lose: 0.03, double: 0.05, overtake: 0.03, forget: 0.02, goaway: 0.005,
};

interface Outcome { room: string; name: string; index: number; result: string; seq?: number; order: number }

for (const [what, chosen] of [["sessions that last", faults], ["sessions that end", { ...faults, gone: 0.3 }]] as const) {
  test(`Each of ${COMMANDS} commands settles once, in order, with at most one effect, and events are contiguous (${what}, ${seeds.length} seeds)`, async () => {
    let kills = 0;
    for (const seed of seeds) {
      try {
        kills += await run(seed, chosen);
      } catch (error) {
        throw new Error(`EDGEROOMS_SEED=${seed} fails.`, { cause: error });
      }
    }
    assert.ok(kills > seeds.length, `only ${kills} connections died, so this has tested little`);
  });
}

async function run(seed: number, chosen: Faults): Promise<number> {
  const clock = new FakeClock(seed);
  const random = randomOf(seed + 1);
  const server = new ModelServer(clock, chosen);
  const options = { token: () => "jwt", clock, WebSocket: server.Socket };
  const [writer, reader] = [new EdgeRooms("ws://model", options), new EdgeRooms("ws://model", options)];
  const rooms = ROOMS.map((id) => writer.room<string[]>(id).optimistic((state, { name }) => [...state, name]));
  const logs = [...rooms.map((room) => log(room as Room<never>)), ...ROOMS.map((id) => log(reader.room(id)))];

  const outcomes: Outcome[] = [];
  const faultsEnd = clock.now() + FAULTY_MS;
  for (let index = 0; index < COMMANDS; index++) {
    const room = rooms[Math.floor(random() * rooms.length)]!;
    send(room, index, random, clock, outcomes);
    if (random() < 0.5) await clock.advance(random() * 1_000);
  }
  await clock.advance(Math.max(0, faultsEnd - clock.now()));
  server.faults = calm;
  for (let waited = 0; outcomes.length < COMMANDS && waited < SETTLED_WITHIN_MS; waited += 1_000) await clock.advance(1_000);
  await clock.advance(60_000); // and events to the last

  assert.equal(outcomes.length, COMMANDS, `${COMMANDS - outcomes.length} commands never settled`);
  for (const room of rooms) checkCommands(server, room.id, outcomes, chosen.gone > 0);
  for (const { id, events } of logs) checkEvents(server, id, events);
  for (const room of rooms) assert.deepEqual(room.state, server.roomOf(room.id).events.map(({ name }) => name), "the state is the log's");
  writer.close();
  reader.close();
  return server.kills;
}

function send(room: Room<string[]>, index: number, random: () => number, clock: FakeClock, outcomes: Outcome[]): void {
  const name = `n${index}`;
  const stop = new AbortController();
  const settle = (result: string, seq?: number) => {
    outcomes.push({ room: room.id, name, index, result, order: outcomes.length, ...(seq === undefined ? {} : { seq }) });
  };
  room.send(name, { index }, { signal: stop.signal }).then(({ seq }) => settle("done", seq), ({ code }: { code: string }) => settle(code));
  if (random() < 0.1) clock.setTimeout(() => stop.abort(), random() * 500);
}

function checkCommands(server: ModelServer, room: string, all: Outcome[], sessionsEnd: boolean): void {
  const outcomes = all.filter((outcome) => outcome.room === room).sort((a, b) => a.index - b.index);
  const events = server.roomOf(room).events;
  for (const { name, result, seq } of outcomes) {
    const effects = events.filter((event) => event.name === name);
    assert.ok(effects.length <= 1, `${name} took effect ${effects.length} times`);
    if (result === "done") assert.equal(effects[0]?.seq, seq, `${name} was acked with ${seq}`);
    else if (result !== "outcome_unknown") assert.equal(effects.length, 0, `${name} was told ${result} and took effect`);
    const allowed = ["done", "rejected", "aborted", ...(sessionsEnd ? ["outcome_unknown"] : [])];
    assert.ok(allowed.includes(result), `${name}: ${result}`);
  }
  const order = events.map(({ name }) => Number(name.slice(1)));
  assert.deepEqual(order, [...order].sort((a, b) => a - b), "effects are in the order of sending");
  const settled = outcomes.filter(({ result }) => result === "done" || result === "rejected").map(({ order }) => order);
  assert.deepEqual(settled, [...settled].sort((a, b) => a - b), "answers are in the order of sending");
}

function checkEvents(server: ModelServer, room: string, events: RoomEvent[]): void {
  const stored = server.roomOf(room).events;
  const from = stored.length - events.length; // what was before the first join is in its state
  assert.deepEqual(events.map(({ seq }) => seq), stored.slice(from).map(({ seq }) => seq), `${room}: contiguous to the end`);
  assert.deepEqual(events.map(({ name }) => name), stored.slice(from).map(({ name }) => name));
}

function log(room: Room<never> | Room<unknown>): { id: string; events: RoomEvent[] } {
  const events: RoomEvent[] = [];
  room.on("event", (event) => events.push(event));
  return { id: room.id, events };
}
