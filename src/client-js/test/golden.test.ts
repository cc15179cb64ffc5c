/** The frames that server and clients share (tests/Golden), and the AsyncAPI description of them. */
import { Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readFrames, type ClientFrame, type ServerFrame } from "../src/frames.ts";
import { ack, event } from "./support/scripted-server.ts";
import { hear, nextOf, outcome, scripted } from "./support/setup.ts";

declare const TEST_ROOT: string;
interface Golden { file: string; about: string; text: string; frame?: unknown; code?: string }

const [serverFrames, clientFrames, badFrames] = ["server", "client", "client-bad"].map(goldens) as [Golden[], Golden[], Golden[]];
const source = readFileSync(join(TEST_ROOT, "../EdgeRooms/Protocol/asyncapi.yaml"), "utf8");
const { document, diagnostics } = await new Parser().parse(source);
const ajv = new Ajv({ strict: false });
const schemas = new Map(document?.components().messages().all().map((message) => [message.id(), ajv.compile(message.payload()?.json() as object)]));

test("The AsyncAPI description is valid, and names every frame", () => {
  assert.deepEqual(diagnostics.filter(({ severity }) => severity < 2).map(({ message }) => message), []);
  const says = (id: string) => document!.operations().get(id)!.messages().all().map((message) => message.name()).sort();
  assert.deepEqual(says("serverSays"), typesOf(serverFrames));
  assert.deepEqual(says("clientSays"), typesOf(clientFrames));
});

test(`The ${serverFrames.length} frames of the server are read as they are, and fit the description`, () => {
  for (const { file, text, frame } of serverFrames) {
    assert.deepEqual(readFrames(text), [frame], file);
    assertFits((frame as ServerFrame).type, frame, file);
  }
});

test(`The ${clientFrames.length} frames of clients fit the description`, () => {
  for (const { file, frame } of clientFrames) assertFits(clientSchemaOf(frame as ClientFrame), frame, file);
});

const HEARD = ["event", "reset", "ephemeral", "members", "left", "goaway", "head"];
for (const { file, about, frame } of serverFrames as (Golden & { frame: ServerFrame })[]) {
  if (!HEARD.includes(frame.type)) continue;
  test(`A client in the room hears ${file}: ${about}`, async () => {
    const { client, server, clock } = scripted();
    const id = "room" in frame && frame.room ? frame.room : "chat/lobby";
    const room = client.room(id);
    const heard = hear(room);
    const others: unknown[][] = [];
    for (const name of ["members", "ephemeral"] as const) room.on(name, (value: unknown) => others.push([name, value]));
    const connection = await server.next();
    const epoch = "epoch" in frame ? frame.epoch : "1";
    await connection.letIn({ seq: "seq" in frame ? frame.seq - 1 : 0, epoch, member: "m-alice", members: [] });
    others.length = heard.states.length = 0;
    connection.say(frame);

    const { type, ...fields } = frame;
    const { room: _, ...own } = fields as { room?: string };
    if (type === "event") assert.deepEqual(heard.events, [own]);
    if (type === "reset") {
      assert.deepEqual(heard.resets, [{ reason: frame.reason, epoch: frame.epoch, seq: frame.seq }]);
      assert.deepEqual(heard.states, "state" in frame ? [[frame.state, frame.seq]] : []);
    }
    if (type === "ephemeral") assert.deepEqual(others, [["ephemeral", own]]);
    if (type === "members" && frame.joined) assert.deepEqual(others.at(-1), ["members", frame.joined]);
    if (type === "left" && frame.id === undefined) assert.equal(room.status, "closed");
    if (type === "goaway") {
      const from = clock.now();
      await nextOf({ server, clock });
      assert.ok(clock.now() - from >= frame.minDelayMs && clock.now() - from <= frame.maxDelayMs + 10);
    }
    if (type === "head") assert.equal((await connection.take("history"))[0]?.after, frame.seq - 1);
  });
}

test("No answer that nobody waits for disturbs a room", async () => {
  const { client, server } = scripted();
  const heard = hear(client.room("counter/demo"));
  const connection = await server.next();
  await connection.letIn();
  for (const { frame } of serverFrames as { frame: ServerFrame }[]) {
    if (!HEARD.includes(frame.type) && frame.type !== "error") connection.say({ ...frame, id: 1_000 });
  }
  connection.say(event(1, { room: "counter/demo" }));

  assert.deepEqual([heard.events.length, heard.statuses, heard.errors], [1, ["connecting", "live"], []]);
});

for (const { file, about, frame } of serverFrames as (Golden & { frame: ServerFrame })[]) {
  if (frame.type !== "ack" && frame.type !== "error") continue;
  test(`A command is answered by ${file}: ${about}`, async () => {
    const { client, server } = scripted();
    const room = client.room("counter/demo");
    const connection = await server.next();
    await connection.letIn();
    const sent = room.send("add", { by: 1 });
    const [send] = await connection.take("send");
    connection.say({ ...frame, id: send?.id, room: "counter/demo", cmd: 1 });

    const expected = frame.type === "error" ? (frame.retry || ["not_joined", "gone"].includes(frame.code) ? "open" : frame.code)
      : frame.skipped ? "aborted" : frame.refused ? "rejected" : `seq ${frame.seq}`;
    assert.equal(await outcome(sent), expected);
  });
}

test("Every kind of frame that this client sends fits the description", async () => {
  const { client, server, clock } = scripted();
  const room = client.room("chat/lobby", { history: 5, presence: { a: 1 } });
  const first = await server.next();
  await first.letIn({ seq: 3, epoch: "1" }, { expiresAt: clock.wall() + 2_000 });
  const stop = new AbortController();
  void room.send("say", "hi", { signal: stop.signal });
  await first.take("send");
  first.drop();
  const second = await nextOf({ server, clock });
  await second.letIn({ seq: 3, epoch: "1", recovered: true }, { expiresAt: clock.wall() + 2_000 });
  await second.take("send");
  stop.abort();
  room.ephemeral("typing", { on: true });
  room.presence(null);
  second.say({ type: "head", room: "chat/lobby", seq: 4 });
  const [ask] = await second.take("history");
  second.say({ type: "page", id: ask?.id, room: "chat/lobby", events: [event(4)], more: false });
  const [skip] = await second.take("skip");
  second.say(ack(skip!, 4, { skipped: true }), ack(second.all("send")[0]!, 4, { dup: true }));
  await clock.advance(1_500);
  const [auth] = await second.take("auth");
  second.say({ type: "authed", id: auth?.id, expiresAt: clock.wall() + 3_600_000 });
  await clock.advance(40_000);
  room.leave();
  await second.take("leave");

  const sent = [first, second].flatMap(({ frames }) => frames);
  for (const frame of sent) assertFits(clientSchemaOf(frame), frame, JSON.stringify(frame));
  assert.deepEqual([...new Set(sent.map(({ type }) => type))].sort(), typesOf(clientFrames));
});

for (const { file, about, text } of badFrames) {
  const frame = parsed(text);
  if (frame?.type !== "send" || !("name" in frame) || frame.cmd === 0 || /duplicate|number|lone-surrogate-in-room|kind|room|id-|epoch|unknown|not-joined/.test(file)) continue;
  test(`This client does not send what is in client-bad/${file}: ${about}`, async () => {
    const { client } = scripted();
    await assert.rejects(client.room("chat/lobby").send(frame.name as string, frame.data), { code: "bad_frame" });
  });
}

function goldens(folder: string): Golden[] {
  const path = join(TEST_ROOT, "../../tests/Golden", folder);
  return readdirSync(path).filter((name) => name.endsWith(".json")).sort()
    .map((name) => ({ file: name, ...JSON.parse(readFileSync(join(path, name), "utf8")) as Omit<Golden, "file"> }));
}

function typesOf(frames: Golden[]): string[] {
  return [...new Set(frames.map(({ frame }) => (frame as { type: string }).type))].sort();
}

function clientSchemaOf({ type }: ClientFrame): string {
  return type === "ephemeral" ? "sendEphemeral" : type;
}

function assertFits(schema: string, frame: unknown, what: string): void {
  const validate = schemas.get(schema);
  assert.ok(validate, `${what}: the description has no ${schema}`);
  assert.ok(validate(frame), `${what}: ${ajv.errorsText(validate.errors)}`);
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
