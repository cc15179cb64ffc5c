/** A whole cluster under two windows, one at each router, while its nodes are killed. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startCluster } from "./server.mjs";
import { live, roomName, scribble, strokes, Windows } from "./windows.mjs";

const NODES = 3;
const WITHIN_MS = 20_000;
let cluster;
let windows;

before(async () => {
  windows = await Windows.launch();
  cluster = await startCluster();
}, { timeout: 180_000 });

after(async () => {
  await windows?.close();
  await cluster?.stop();
});

afterEach(() => windows.clear());

test("A whiteboard goes on at two routers while its nodes are killed with -9 one after the other", { timeout: 120_000 }, async (t) => {
  if (!cluster) return t.skip("this server is not ours to kill");
  const room = roomName();
  const ada = await Artist.enter(cluster.routers[0], room, "ada", 0.1);
  const bob = await Artist.enter(cluster.routers[1], room, "bob", 0.5);
  const artists = [ada, bob];
  for (const { page } of artists) await page.locator("#member-count", { hasText: "2" }).waitFor();
  const drawing = artists.map((artist) => artist.draw());
  await seenFromNowOn(artists);

  const left = new Set(cluster.nodes);
  assert.equal(left.size, NODES);
  while (left.size > 0) {
    const owner = await until(() => cluster.owner(), "a node has the room");
    const victim = left.has(owner) ? owner : [...left][0];
    await until(() => cluster.nodes.some((node) => node !== victim), "another node serves");
    left.delete(victim);
    cluster.killNode(victim);
    const killedAt = Date.now();
    await seenFromNowOn(artists);
    console.log(`${victim}${victim === owner ? ", the owner," : ""} was killed; new strokes were in both windows after ${Date.now() - killedAt} ms`);
  }

  for (const artist of artists) artist.stop();
  await Promise.all(drawing);
  const drawn = ada.drawn + bob.drawn;
  for (const { page } of artists) {
    await strokes(page, drawn);
    assert.equal(await page.locator("#status").textContent(), "live");
    assert.equal(await page.locator("#seq").textContent(), String(drawn));
  }

  assert.deepEqual(ada.events.map(({ seq }) => seq), Array.from({ length: drawn }, (_, at) => at + 1), "contiguous, none twice");
  assert.deepEqual(bob.events, ada.events, "the same strokes in the same order");
  for (const { user, drawn: own } of artists) {
    const numbers = ada.events.filter(({ by }) => by === user).map(({ cmd }) => cmd);
    assert.deepEqual(numbers, Array.from({ length: own }, (_, at) => at + 1), `what ${user} drew, in the order drawn`);
  }
  await until(async () => (await ada.picture()) === (await bob.picture()), "both windows show the same picture");
  assert.deepEqual(artists.map(({ sockets }) => sockets), [1, 1], "no socket was opened again");
});

test("Its end takes every process along", { timeout: 60_000 }, async (t) => {
  if (!cluster) return t.skip("this server is not ours to stop");
  const running = () => [...cluster.processes.values()].map(({ pid }) => pid).filter(Boolean);
  await until(() => running().length === 2 + NODES, "every killed node is back");
  const pids = running();
  await cluster.stop();
  cluster = null;
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

/** One window that draws, and what the server said to it. */
class Artist {
  sockets = 0;
  drawn = 0;
  events = [];
  #left;
  #goesOn = true;

  constructor(page, user, left) {
    this.page = page;
    this.user = user;
    this.#left = left;
    page.on("websocket", (socket) => {
      this.sockets++;
      socket.on("framereceived", ({ payload }) => this.#hear(String(payload)));
    });
  }

  static async enter(url, room, user, left) {
    const artist = new Artist(await windows.open(user), user, left);
    await artist.page.goto(`${url}/whiteboard.html?room=${room}`);
    await live(artist.page);
    return artist;
  }

  /** Stroke after stroke, until it is stopped. */
  async draw() {
    while (this.#goesOn) {
      const at = this.drawn++;
      await scribble(this.page, this.#left + (at % 15) * 0.02, 0.05 + (at % 7) * 0.08);
      await delay(100); // a hand's pace
    }
  }

  stop() {
    this.#goesOn = false;
  }

  picture() {
    return this.page.locator("#canvas").evaluate((canvas) => canvas.toDataURL());
  }

  #hear(message) {
    for (const frame of message.split("\n").map((line) => JSON.parse(line))) {
      if (frame.type === "event") this.events.push({ seq: frame.seq, by: frame.by, cmd: frame.cmd, data: frame.data });
    }
  }
}

/** Each has seen a stroke of the other that was begun after this moment. */
function seenFromNowOn(artists) {
  const begun = new Map(artists.map(({ user, drawn }) => [user, drawn]));
  return until(() => artists.every(({ events }) => artists.every(({ user }) =>
    events.some(({ by, cmd }) => by === user && cmd > begun.get(user)))), "both windows have new strokes of each other");
}

async function until(isSo, what) {
  for (const limit = Date.now() + WITHIN_MS; Date.now() < limit; await delay(20)) {
    const found = await isSo();
    if (found) return found;
  }
  assert.fail(`Not within ${WITHIN_MS / 1000} s: ${what}.\n${cluster.output}`);
}
