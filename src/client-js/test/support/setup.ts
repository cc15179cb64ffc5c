import { afterEach } from "node:test";
import { EdgeRooms, type EdgeRoomsOptions, type Room, type RoomEvent } from "../../src/index.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { ScriptedServer, type Connection } from "./scripted-server.ts";

export const ROOM = "chat/lobby";
const clients: EdgeRooms[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** A client of a scripted server, in a time that passes when told. */
export function scripted(options: Partial<EdgeRoomsOptions> = {}) {
  const server = new ScriptedServer();
  const clock = new FakeClock(Number(process.env["EDGEROOMS_SEED"] ?? 1));
  const client = new EdgeRooms("ws://server", { token: () => "jwt", WebSocket: server.Socket, clock, ...options });
  clients.push(client);
  return { server, clock, client };
}

/** In one room, live. */
export async function live(joined: object = {}, options: Partial<EdgeRoomsOptions> = {}, welcomed: object = {}) {
  const all = scripted(options);
  const room = all.client.room<unknown>(ROOM);
  const heard = hear(room);
  const connection = await all.server.next();
  await connection.letIn(joined, welcomed);
  return { ...all, room, heard, connection };
}

/** Drops the connection and lets time pass until the next one has said hello. */
export function reconnect(all: { server: ScriptedServer; clock: FakeClock }, from: Connection): Promise<Connection> {
  from.drop();
  return nextOf(all);
}

/** Lets time pass until there is another connection. */
export async function nextOf({ server, clock }: { server: ScriptedServer; clock: FakeClock }): Promise<Connection> {
  const before = server.connections.length;
  for (let waited = 0; server.connections.length === before && waited < 60_000; waited += 10) await clock.advance(10);
  return server.next();
}

export function hear(room: Room<unknown>) {
  const heard = { events: [] as RoomEvent[], states: [] as unknown[], statuses: [] as string[], resets: [] as unknown[], errors: [] as string[] };
  room.on("event", (event) => heard.events.push(event));
  room.on("state", (state, seq) => heard.states.push([state, seq]));
  room.on("status", (status) => heard.statuses.push(status));
  room.on("reset", (reset) => heard.resets.push(reset));
  room.on("error", (error) => heard.errors.push(error.code));
  return heard;
}

/** How a promise stands now, by a word. */
export async function outcome(promise: Promise<{ seq: number }>): Promise<string> {
  await settled();
  const open = Symbol();
  return Promise.race([promise, Promise.resolve(open)]).then(
    (value) => value === open ? "open" : `seq ${(value as { seq: number }).seq}`,
    (error: { code?: string }) => error.code ?? String(error));
}
