/** Pages that are reloaded at random moments, through random faults. EDGEROOMS_SEED runs one seed alone, EDGEROOMS_SEEDS as many as it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EdgeRooms, type SessionStorage } from "../src/index.ts";
import { FakeClock, randomOf } from "./support/fake-clock.ts";
import { calm, ModelServer, type Faults } from "./support/model-server.ts";

const PAGES = 8;
const COMMANDS_EACH = 12;
const ROOM = "chat/a";
const only = process.env["EDGEROOMS_SEED"];
const seeds = only ? [Number(only)] : Array.from({ length: Number(process.env["EDGEROOMS_SEEDS"] ?? 60) }, (_, at) => 1_000 + at);
const faults: Faults = { ...calm, kill: 0.02, refuse: 0.05, lie: 0.03, lose: 0.03, double: 0.05, overtake: 0.03, forget: 0.02, goaway: 0.005 };

test(`What each of ${PAGES} pages sent takes effect once and in order, whenever it is reloaded (${seeds.length} seeds)`, async () => {
  let left = 0;
  for (const seed of seeds) {
    try {
      left += await run(seed);
    } catch (error) {
      throw new Error(`EDGEROOMS_SEED=${seed} fails.`, { cause: error });
    }
  }
  assert.ok(left > seeds.length, `only ${left} commands were left to a next page, so this has tested little`);
});

/** Returns how many commands a next page had to go on with. */
async function run(seed: number): Promise<number> {
  const clock = new FakeClock(seed);
  const random = randomOf(seed + 1);
  const server = new ModelServer(clock, faults);
  const kept = new Map<string, string>();
  let sent = 0;
  let left = 0;
  for (let page = 0; page < PAGES; page++) {
    let isOver = false;
    const storage: SessionStorage = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void (isOver || kept.set(key, value)),
      removeItem: (key) => void (isOver || kept.delete(key)),
    };
    const client = new EdgeRooms("ws://model", { token: () => "jwt", clock, WebSocket: server.Socket, persist: true, storage });
    const room = client.room(ROOM);
    left += room.pending.length;
    const mine: Promise<unknown>[] = [];
    for (let n = 0; n < COMMANDS_EACH; n++) {
      mine.push(room.send(`n${sent++}`));
      await clock.advance(random() * 300);
    }
    if (page === PAGES - 1) {
      server.faults = calm;
      await clock.advance(120_000);
      await Promise.all(mine);
      assert.deepEqual(room.pending, []);
    }
    isOver = true; // the page ends here; what its client still does is seen by nobody
    client.close();
  }

  assert.deepEqual(server.roomOf(ROOM).events.map(({ name }) => name), Array.from({ length: sent }, (_, n) => `n${n}`));
  return left;
}
