/** The rules of edgerooms.js that a browser shows too rarely, against a server that does exactly as it is told. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";

globalThis.WebSocket = WebSocket;
const EXPIRES = Math.floor(Date.now() / 1000) + 3600;
const kept = new Map();
globalThis.sessionStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
const { Room, RoomError } = await import("../../src/EdgeRooms.Server/wwwroot/edgerooms.js");

let server;
let arrivals;
let rooms;

beforeEach(async () => {
  kept.clear();
  rooms = [];
  arrivals = new Queue();
  server = new WebSocketServer({ port: 0, handleProtocols: () => "edgerooms.v1" });
  server.on("connection", (socket, request) => arrivals.put(new Connection(socket, request)));
  await once(server, "listening");
});

afterEach(() => {
  for (const room of rooms) room.close();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

const rule = (name, body) => test(name, { timeout: 15_000 }, body);

rule("The address carries batch and history, the subprotocols carry version and token", async () => {
  open({ history: 50 });
  const { request } = await arrivals.take();

  assert.equal(request.url, "/rooms/chat/lobby?batch=1&history=50");
  assert.deepEqual(request.headers["sec-websocket-protocol"].split(/, ?/), ["edgerooms.v1", `edgerooms.auth.bearer.${tokenOf("ada")}`]);
});

rule("A lost connection resumes with session, epoch and since, and says what was replayed", async () => {
  const { room, happened } = open();
  const first = await arrivals.take();
  first.join({ seq: 3, epoch: "9007199254740993" });
  first.say(event(4), event(5));
  await happened("event", 2);
  first.socket.terminate();

  const second = await arrivals.take();
  assert.deepEqual(second.query, { batch: "1", session: "s1", epoch: "9007199254740993", since: "5" });
  second.join({ seq: 7, epoch: "9007199254740993", recovered: true });
  second.say(event(6), event(7));

  assert.deepEqual(await happened("resumed"), { seq: 7, replayed: 2 });
  assert.equal(room.seq, 7);
});

rule("Several frames in one message are taken one by one, unknown ones are passed over", async () => {
  const { happened } = open();
  const connection = await arrivals.take();
  connection.join({ seq: 0 });
  connection.socket.send([event(1), { type: "news" }, event(2), event(2)].map((frame) => JSON.stringify(frame)).join("\n"));

  await happened("event", 2);
  connection.say(event(3));
  assert.deepEqual((await happened("event", 3, true)).map(({ seq }) => seq), [1, 2, 3], "the repeat was dropped");
});

rule("A gap in the events, or one that only a head shows, is fetched by a resume", async () => {
  const { happened } = open();
  const first = await arrivals.take();
  first.join({ seq: 0 });
  first.say(event(1), event(3));

  const second = await arrivals.take();
  assert.equal(second.query.since, "1");
  second.join({ seq: 3, recovered: true });
  second.say(event(2), event(3), { type: "head", room: "chat/lobby", seq: 3 }, { type: "head", room: "chat/lobby", seq: 4 });

  const third = await arrivals.take();
  assert.equal(third.query.since, "3");
  assert.deepEqual((await happened("event", 3, true)).map(({ seq }) => seq), [1, 2, 3]);
});

rule("History may begin at any seq and ends where joined says", async () => {
  const { room, happened } = open({ history: 2 });
  const connection = await arrivals.take();
  connection.join({ seq: 10 });
  connection.say(event(9), event(10), event(11));

  assert.deepEqual((await happened("event", 3, true)).map(({ seq }) => seq), [9, 10, 11]);
  assert.equal(room.seq, 11);
});

rule("A reset is a new start", async () => {
  const { room, happened } = open();
  const connection = await arrivals.take();
  connection.join({ seq: 5 });
  connection.say({ type: "reset", room: "chat/lobby", epoch: "2", seq: 1, reason: "epoch", state: { a: 1 } });

  assert.deepEqual(await happened("start", 2), { state: { a: 1 }, seq: 1, epoch: "2", reason: "epoch" });
  assert.equal(room.seq, 1);
});

rule("Commands are numbered from 1 and sent again, in order, after a lost connection; a dup is an answer", async () => {
  const { room } = open();
  const first = await arrivals.take();
  first.join({ seq: 0 });
  const answers = [room.send("a"), room.send("b"), room.send("c")];
  assert.deepEqual(cmds(await first.take("send", 3)), [1, 2, 3]);
  first.say({ type: "ack", room: "chat/lobby", cmd: 1, seq: 1 });
  await answers[0];
  first.socket.terminate();

  const second = await arrivals.take();
  second.join({ seq: 2, recovered: true });
  assert.deepEqual(cmds(await second.take("send", 2)), [2, 3]);
  second.say({ type: "ack", room: "chat/lobby", cmd: 2, seq: 2, dup: true }, { type: "ack", room: "chat/lobby", cmd: 3, seq: 3 });
  assert.equal((await answers[1]).seq, 2);
  assert.equal((await answers[2]).seq, 3);
});

rule("After a refusal with retry the client goes back to that number and sends all from there, once", async () => {
  const { room } = open();
  const connection = await arrivals.take();
  connection.join({ seq: 0 });
  const answers = ["a", "b", "c"].map((name) => room.send(name));
  const [one, two, three] = await connection.take("send", 3);
  connection.say({ type: "ack", id: one.id, room: "chat/lobby", cmd: 1, seq: 1 });
  connection.say(refusal(two, "rate_limited", 50), refusal(three, "out_of_order"));
  await answers[0];
  answers.push(room.send("d"));

  const again = await connection.take("send", 3);
  assert.deepEqual(cmds(again), [2, 3, 4]);
  connection.say(refusal(three, "out_of_order")); // a late answer to the first sending changes nothing
  for (const { id, cmd } of again) connection.say({ type: "ack", id, room: "chat/lobby", cmd, seq: cmd });
  await Promise.all(answers);
  assert.equal(connection.waiting("send"), 0);
});

rule("A refusal without retry rejects its command and holds nothing up", async () => {
  const { room } = open();
  const connection = await arrivals.take();
  connection.join({ seq: 0 });
  const no = assert.rejects(room.send("a"), (error) => error instanceof RoomError && error.code === "rejected" && error.message === "No.");
  const yes = room.send("b");
  const [one, two] = await connection.take("send", 2);
  connection.say({ type: "error", id: one.id, room: "chat/lobby", cmd: 1, code: "rejected", message: "No.", retry: false });
  connection.say({ type: "ack", id: two.id, room: "chat/lobby", cmd: 2, seq: 1 });

  await no;
  assert.equal((await yes).cmd, 2);
});

rule("At most 256 numbers are unanswered", async () => {
  const { room } = open();
  const connection = await arrivals.take();
  connection.join({ seq: 0 }, { commandsPerSecond: 100_000, commandBurst: 100_000 });
  const answers = Array.from({ length: 300 }, (_, at) => room.send("n", at));
  const first = await connection.take("send", 256);
  await new Promise((resolve) => setTimeout(resolve, 150)); // time enough for a 257th, if it came
  assert.equal(connection.waiting("send"), 0);

  for (const { cmd } of first) connection.say({ type: "ack", room: "chat/lobby", cmd, seq: cmd });
  const rest = await connection.take("send", 44);
  for (const { cmd } of rest) connection.say({ type: "ack", room: "chat/lobby", cmd, seq: cmd });
  await Promise.all(answers);
});

rule("A reload goes on with the session, the numbers and the unanswered commands", async () => {
  const before = open();
  const first = await arrivals.take();
  first.join({ seq: 0 });
  before.room.send("a", { n: 1 }).catch(() => {});
  await first.take("send", 1);
  const stored = new Map(kept);
  before.room.close();
  for (const [key, value] of stored) kept.set(key, value);

  const { room } = open();
  room.send("b", { n: 2 }).catch(() => {});
  const second = await arrivals.take();
  assert.equal(second.query.session, "s1");
  second.join({ seq: 1 });
  const sent = await second.take("send", 2);
  assert.deepEqual(sent.map(({ cmd, name, data }) => [cmd, name, data]), [[1, "a", { n: 1 }], [2, "b", { n: 2 }]]);
});

rule("With a new session what was sent is given up, what was not gets new numbers", async () => {
  const { room, happened } = open();
  const first = await arrivals.take();
  first.join({ seq: 0 });
  const sent = assert.rejects(room.send("sent"), { code: "gone" });
  await first.take("send", 1);
  first.socket.terminate();
  await happened("status", 3); // connecting, live, offline
  room.send("not sent").catch(() => {});

  const second = await arrivals.take();
  second.say({ type: "error", code: "gone", message: "That session has run out.", retry: false });
  second.join({ seq: 0, recovered: true }, { session: "s2" });
  await sent;
  const [again] = await second.take("send", 1);
  assert.deepEqual([again.cmd, again.name], [1, "not sent"]);
});

for (const code of [4001, 4002, 4003, 4004, 4005]) {
  rule(`Close code ${code} ends the attempts`, async () => {
    const { room, happened } = open();
    const connection = await arrivals.take();
    connection.join({ seq: 0 });
    await happened("start");
    connection.socket.close(code);

    await happened("refused");
    assert.equal(room.status, "stopped");
  });
}

rule("Close codes of 4200 to 4299 come back at once, those of 4100 to 4199 with back-off", async () => {
  const { happened } = open();
  const first = await arrivals.take();
  first.join({ seq: 0 });
  await happened("start");
  first.socket.close(4200);
  const second = await arrivals.take();
  second.join({ seq: 0, recovered: true });
  await happened("resumed");
  second.socket.close(4100);
  await arrivals.take();

  const waits = (await happened("status", 1, true)).filter(({ status }) => status === "offline").map(({ retryInMs }) => retryInMs);
  assert.equal(waits[0], 0);
  assert.ok(waits[1] > 0 && waits[1] <= 2_000, `${waits[1]} ms`);
});

rule("A token that runs out is replaced, a fresh one that is refused ends the attempts", async () => {
  let asked = 0;
  const { room, happened } = open({ token: () => (asked++, tokenOf("ada")) });
  const first = await arrivals.take();
  first.join({ seq: 0 });
  await happened("start");
  first.socket.close(4202);
  const second = await arrivals.take();
  assert.equal(asked, 2);
  second.socket.close(1008, "Invalid token");

  assert.equal((await happened("refused")).message, "Invalid token");
  assert.equal(room.status, "stopped");
});

rule("A goaway is followed within its window, also when the server closes first", async () => {
  const { happened } = open();
  const first = await arrivals.take();
  first.join({ seq: 0 });
  first.say({ type: "goaway", reason: "drain", minDelayMs: 300, maxDelayMs: 400 });
  const from = Date.now();
  await happened("start");
  first.socket.close(1012);
  await arrivals.take();

  const waited = Date.now() - from;
  assert.ok(waited >= 280 && waited < 1_500, `${waited} ms`);
});

rule("A join that is refused for now is asked for again on the same connection", async () => {
  open();
  const connection = await arrivals.take();
  connection.say(welcome(), { type: "error", room: "chat/lobby", code: "unavailable", message: "Postgres is away.", retry: true, retryAfterMs: 50 });

  const [join] = await connection.take("join", 1);
  assert.equal(join.room, "chat/lobby");
});

rule("A room that refuses us for good ends the attempts with its words", async () => {
  const { room, happened } = open();
  const connection = await arrivals.take();
  connection.say(welcome(), { type: "error", room: "chat/lobby", code: "room_full", message: "50 are enough.", retry: false });

  await happened("refused");
  assert.equal(room.status, "stopped");
});

rule("Members are kept up to date", async () => {
  const { room, happened } = open();
  const connection = await arrivals.take();
  const bob = { member: "m2", user: "bob", data: null };
  connection.join({ seq: 0, members: [{ member: "m1", user: "ada", data: null }] });
  connection.say({ type: "members", room: "chat/lobby", joined: [bob] });
  connection.say({ type: "members", room: "chat/lobby", updated: [{ ...bob, data: 1 }] });
  await happened("members", 3);
  assert.deepEqual(room.members.map(({ user, data }) => [user, data]), [["ada", null], ["bob", 1]]);

  connection.say({ type: "members", room: "chat/lobby", left: [bob] });
  await happened("members", 4);
  assert.deepEqual(room.members.map(({ user }) => user), ["ada"]);
});

// ---- the two ends ----

function open(options = {}) {
  const room = new Room("chat/lobby", { url: `ws://127.0.0.1:${server.address().port}`, token: () => tokenOf("ada"), ...options });
  rooms.push(room);
  const heard = {};
  const waiting = [];
  for (const name of ["status", "start", "event", "resumed", "members", "refused"]) {
    heard[name] = [];
    room.on(name, (value) => {
      heard[name].push(value);
      for (const check of waiting) check();
    });
  }
  /** The `count`th happening of that name, or all of them so far once there are so many. */
  const happened = (name, count = 1, all = false) => new Promise((resolve) => {
    const check = () => heard[name].length >= count && resolve(all ? heard[name] : heard[name][count - 1]);
    waiting.push(check);
    check();
  });
  return { room, happened };
}

class Queue {
  #items = [];
  #takers = [];
  put(item) { this.#takers.length > 0 ? this.#takers.shift()(item) : this.#items.push(item); }
  take() { return this.#items.length > 0 ? this.#items.shift() : new Promise((resolve) => this.#takers.push(resolve)); }
  get size() { return this.#items.length; }
}

class Connection {
  #frames = new Map();

  constructor(socket, request) {
    this.socket = socket;
    this.request = request;
    this.query = Object.fromEntries(new URL(request.url, "http://x").searchParams);
    socket.on("message", (text) => {
      const frame = JSON.parse(text);
      this.#queue(frame.type).put(frame);
    });
  }

  say(...frames) {
    for (const frame of frames) this.socket.send(JSON.stringify(frame));
  }

  join(joined, welcomed = {}) {
    this.say(welcome(welcomed), { type: "joined", room: "chat/lobby", epoch: "1", recovered: false, member: "m1", ...joined });
  }

  async take(type, count) {
    const frames = [];
    while (frames.length < count) frames.push(await this.#queue(type).take());
    return frames;
  }

  waiting(type) { return this.#queue(type).size; }

  #queue(type) {
    if (!this.#frames.has(type)) this.#frames.set(type, new Queue());
    return this.#frames.get(type);
  }
}

const welcome = (more = {}) => ({ type: "welcome", session: "s1", user: "ada", pingMs: 25_000, maxFrameBytes: 65_536, commandsPerSecond: 1_000, commandBurst: 1_000, ...more });
const event = (seq) => ({ type: "event", room: "chat/lobby", seq, name: "n", data: null, by: "bob", member: "m2", at: 0 });
const refusal = ({ id, cmd }, code, retryAfterMs) => ({ type: "error", id, room: "chat/lobby", cmd, code, message: code, retry: true, retryAfterMs });
const cmds = (frames) => frames.map(({ cmd }) => cmd);

function tokenOf(sub) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ sub, exp: EXPIRES })}.x`;
}
