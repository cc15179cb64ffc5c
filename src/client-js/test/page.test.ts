/** A browser's page: networks that come and go, tabs that sleep, pages that are hidden and shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "./support/fake-clock.ts";
import { live, nextOf, ROOM } from "./support/setup.ts";
import { listenersOf, wake } from "./support/wake.ts";

test("A tab that slept asks again instead of taking its own silence for the server's", async () => {
  const all = await live();
  await all.clock.advance(38_000);
  all.clock.sleep(3_600_000);
  await all.clock.advance(1);
  assert.equal(all.server.connections.length, 1);
  assert.ok((await all.connection.take("ping")).length >= 2);
  all.connection.say({ type: "pong" });
  await all.clock.advance(6_000);
  assert.equal(all.room.status, "live");
});

test("A network that comes back is used at once", async () => {
  const all = await live();
  all.connection.drop();
  for (let times = 0; times < 6; times++) (await nextOf(all)).drop();
  const tried = all.server.connections.length;
  wake("online");
  await settled();

  assert.equal(all.server.connections.length, tried + 1);
});

test("A network that goes makes sure of the connection, and hurries no attempt", async () => {
  const all = await live();
  wake("offline");
  assert.equal((await all.connection.take("ping")).length, 1);
  all.clock.chance = 0.9;
  all.connection.drop();
  wake("offline");
  await settled();
  assert.equal(all.server.connections.length, 1);
});

test("A timer that a hidden page runs late is run by the next message", async () => {
  const { connection, clock } = await live({}, {}, { expiresAt: 1_700_000_000_000 + 1_000 + 600_000 });
  clock.sleep(541_000);
  connection.say({ type: "head", room: ROOM, seq: 0 });
  assert.equal((await connection.take("auth")).length, 1);
});

test("A page that is shown again makes sure of its connection", async () => {
  const { connection } = await live();
  wake("pageshow");
  assert.equal((await connection.take("ping")).length, 1);
});

test("A tab that is looked at again makes sure of its connection, one that is hidden does not", async () => {
  const document = { hidden: true, addEventListener: globalThis.addEventListener, removeEventListener: globalThis.removeEventListener };
  Object.assign(globalThis, { document });
  const { client, connection } = await live();
  wake("visibilitychange");
  assert.equal((await connection.take("ping")).length, 0);
  document.hidden = false;
  wake("visibilitychange");
  assert.equal((await connection.take("ping")).length, 1);

  client.close();
  Object.assign(globalThis, { document: undefined });
  assert.equal(listenersOf("visibilitychange"), 0, "who is closed hears nothing more");
});
