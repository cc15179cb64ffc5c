/** The socket: close codes, back-off, goaway, tokens, silence, waking. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EdgeRoomsError } from "../src/index.ts";
import { afterClose, backoffMs } from "../src/closing.ts";
import { Timers } from "../src/clock.ts";
import { FakeClock, settled } from "./support/fake-clock.ts";
import { event, welcome } from "./support/scripted-server.ts";
import { live, nextOf, reconnect, ROOM, scripted } from "./support/setup.ts";
import { wake } from "./support/wake.ts";

test("Back-off is full jitter from 250 ms, doubling to 20 s", () => {
  assert.deepEqual([0, 1, 2, 6, 7, 100].map((attempt) => backoffMs(attempt, 1)), [250, 500, 1000, 16_000, 20_000, 20_000]);
  assert.equal(backoffMs(3, 0.5), 1000);
  assert.equal(backoffMs(3, 0), 0);
});

test("Close codes say what to do, by their ranges", () => {
  const then = (code: number) => afterClose(code).then;
  assert.deepEqual([4000, 4001, 4002, 4003, 4004, 4005, 4099].map(then), Array(7).fill("stop"));
  assert.deepEqual([4100, 4101, 4108, 4199].map(afterClose as (code: number) => object), Array(4).fill({ then: "backoff", attemptMin: 3 }));
  assert.deepEqual([4200, 4201, 4202, 4299].map(then), Array(4).fill("now"));
  assert.deepEqual([1000, 1001, 1006, 1009, 1011, 1012, 4500].map(then), Array(7).fill("backoff"));
  assert.equal(then(1008), "token");
});

for (const [code, name] of [[4001, "kicked"], [4002, "bad_frame"], [4003, "forbidden"], [4004, "unknown_kind"], [4005, "replaced"], [4050, "kicked"]] as const) {
  test(`Close code ${code} ends the attempts and rejects what waits`, async () => {
    const { connection, room, client, clock, server, heard } = await live();
    const told: string[] = [];
    client.on("error", (error) => told.push(error.code));
    const sent = room.send("a");
    connection.socket.end(code);

    await assert.rejects(sent, { code: "outcome_unknown" });
    await clock.advance(60_000);
    assert.equal(server.connections.length, 1);
    assert.deepEqual([room.status, client.status, told, heard.errors.at(-1)], ["closed", "closed", [name], name]);
  });
}

test("Codes of 4200 to 4299 come back at once, those of 4100 to 4199 after a longer wait", async () => {
  const all = await live();
  all.connection.socket.end(4200);
  await all.clock.advance(0);
  const second = await all.server.next();
  await second.letIn({ recovered: true });
  await all.clock.advance(6_000);
  const from = all.clock.now();
  all.clock.chance = 0.5;
  second.socket.end(4100);
  await nextOf(all);

  assert.equal(all.clock.now() - from, 1_000);
});

test("Coming back at once does not become a tight loop", async () => {
  const all = await live();
  let connection = all.connection;
  const from = all.clock.now();
  for (let times = 0; times < 8; times++) {
    connection.socket.end(4200);
    connection = await nextOf(all);
    await connection.letIn({ recovered: true });
  }

  assert.ok(all.clock.now() - from > 1_000, `${all.clock.now() - from} ms`);
});

test("A connection that lasted makes the back-off begin anew", async () => {
  const all = await live();
  let connection = all.connection;
  for (let times = 0; times < 6; times++) {
    await all.clock.advance(6_000);
    const from = all.clock.now();
    connection = await reconnect(all, connection);
    assert.ok(all.clock.now() - from <= 260);
    await connection.letIn({ recovered: true });
  }
});

test("A 4005 on a socket that the client replaced itself means nothing", async () => {
  const all = await live();
  all.connection.say({ type: "goaway", reason: "drain", minDelayMs: 10, maxDelayMs: 10 });
  await all.clock.advance(10);
  const second = await all.server.next();
  assert.equal(all.connection.closedWith, 4999);
  all.connection.socket.onclose?.({ code: 4005, reason: "" } as never);
  await second.letIn({ recovered: true });

  assert.equal(all.room.status, "live");
});

test("A goaway is followed within its window, and the connection is used until then", async () => {
  const all = await live();
  all.connection.say({ type: "goaway", reason: "drain", minDelayMs: 3_000, maxDelayMs: 4_000 });
  all.connection.say(event(1));
  const from = all.clock.now();
  await nextOf(all);

  const waited = all.clock.now() - from;
  assert.ok(waited >= 3_000 && waited <= 4_010, `${waited} ms`);
  assert.equal(all.heard.events.length, 1);
});

test("A goaway's window wins also when the server closes first, and over a waking page", async () => {
  const all = await live();
  all.connection.say({ type: "goaway", reason: "drain", minDelayMs: 3_000, maxDelayMs: 4_000 });
  all.connection.socket.end(1012);
  const from = all.clock.now();
  wake("online");
  await nextOf(all);

  const waited = all.clock.now() - from;
  assert.ok(waited >= 3_000 && waited <= 4_010, `${waited} ms`);
});

test("Each connect asks for a fresh token; 4202 comes back at once with one", async () => {
  let asked = 0;
  const { client, server, clock } = scripted({ token: async () => `jwt${++asked}` });
  client.room(ROOM);
  const first = await server.next();
  await first.letIn();
  first.socket.end(4202);
  await clock.advance(0);

  const second = await server.next();
  assert.deepEqual([first, second].map((one) => one.all("hello")[0]?.token), ["jwt1", "jwt2"]);
});

test("A token that is refused twice ends the attempts, in words", async () => {
  const all = scripted();
  const room = all.client.room(ROOM);
  const errors: EdgeRoomsError[] = [];
  room.on("error", (error) => errors.push(error));
  (await all.server.next()).socket.end(1008, "Invalid token");
  (await nextOf(all)).socket.end(1008, "Invalid token");

  assert.equal(errors[0]?.code, "unauthenticated");
  assert.match(errors[0]?.message ?? "", /chat\/lobby: .*Invalid token.*'token' option/);
  assert.equal(room.status, "closed");
});

test("A token provider that fails is asked again; one that says never ends the attempts", async () => {
  let fails = 2;
  const all = scripted({ token: () => { if (fails-- > 0) throw new Error("offline"); return "jwt"; } });
  all.client.room(ROOM);
  await nextOf(all);
  assert.equal(fails, -1);

  const other = scripted({ token: () => { throw new EdgeRoomsError("forbidden", "Log in."); } });
  const room = other.client.room(ROOM);
  await other.clock.advance(0);
  assert.equal(room.status, "closed");
});

test("A fresh token goes by auth before the old one ends", async () => {
  let asked = 0;
  const { connection, clock } = await live({}, { token: () => `jwt${++asked}` }, { expiresAt: 1_700_000_000_000 + 1_000 + 600_000 });
  for (let seconds = 0; seconds < 530; seconds += 10) {
    await clock.advance(10_000);
    connection.say({ type: "head", room: ROOM, seq: 0 });
  }
  assert.deepEqual(await connection.take("auth"), []);
  await clock.advance(10_000);
  const [auth] = await connection.take("auth");
  assert.equal(auth?.token, "jwt2");
  connection.say({ type: "authed", id: auth?.id, expiresAt: clock.wall() + 20_000 });
  await clock.advance(10_000);
  assert.equal((await connection.take("auth"))[0]?.token, "jwt3");
});

test("A clock of ours that is wrong does not make auth a loop", async () => {
  const { connection, clock } = await live({}, {}, { expiresAt: 1 });
  await clock.advance(29_000);
  assert.deepEqual(await connection.take("auth"), []);
});

test("A socket that neither opens nor fails is given up", async () => {
  const all = scripted();
  all.server.answers = false;
  all.client.room(ROOM);
  await all.clock.advance(0);
  all.server.answers = true;
  await all.server.next();
  await nextOf(all);
  assert.equal(all.server.connections.length, 2);
});

test("A socket that fails by an error alone, as Node 20's does, is given up soon", async () => {
  const all = scripted();
  all.server.answers = false;
  all.client.room(ROOM);
  await all.clock.advance(0);
  all.server.connections[0]?.socket.onerror?.({} as never);
  await all.clock.advance(1_300);
  assert.equal(all.server.connections.length, 2);
});

test("Silence is asked after, and a connection that does not answer is replaced", async () => {
  const all = await live();
  await all.clock.advance(40_000);
  assert.equal((await all.connection.take("ping")).length, 1);
  all.connection.say({ type: "pong" });
  await all.clock.advance(37_500);
  assert.equal((await all.connection.take("ping")).length, 1);
  await all.clock.advance(5_000);
  await all.server.next();
  assert.equal(all.server.connections.length, 2);
});

test("What speaks no JSON is no EdgeRooms, and is left", async () => {
  const all = await live();
  all.connection.socket.deliver("<html>Please log in to this network</html>");
  const second = await nextOf(all);
  await second.letIn({ recovered: true });
  assert.equal(all.room.status, "live");
});

test("Another user's token leaves nothing of the one before", async () => {
  const all = await live();
  const sent = all.room.send("a");
  await settled();
  all.connection.drop();
  const waiting = all.room.send("b");
  const second = await nextOf(all);
  second.say({ type: "error", code: "gone", message: "Not yours.", retry: false });
  await second.letIn({}, { user: "bob", session: "s2" });

  await assert.rejects(sent, { code: "outcome_unknown" });
  await assert.rejects(waiting, { code: "user_changed" });
  assert.deepEqual(second.all("send"), []);
  assert.equal(all.client.user, "bob");
});

test("Timers keep their deadlines: catching up runs what is due, a late one is told how late, long ones do not fire at once", async () => {
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const ran: unknown[] = [];
  timers.set("a", 1_000, (lateMs) => ran.push(["a", lateMs]));
  timers.set("b", 2 ** 32, (lateMs) => ran.push(["b", lateMs]));
  clock.sleep(4_000);
  timers.catchUp();
  assert.deepEqual(ran, [["a", 3_000]]);
  await clock.advance(2 ** 31);
  assert.equal(ran.length, 1);
  await clock.advance(2 ** 31);
  assert.deepEqual(ran.at(-1), ["b", 0]);
});

test("Closing leaves no timer and closes with 1000", async () => {
  const { client, connection, clock } = await live();
  client.close();
  assert.equal(connection.closedWith, 1000);
  assert.equal(clock.waiting, 0);
  connection.say(welcome());
});
