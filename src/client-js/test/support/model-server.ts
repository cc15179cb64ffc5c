import type { ClientFrame, RoomEvent, SendFrame, SkipFrame } from "../../src/frames.ts";
import type { SocketConstructor } from "../../src/socket.ts";
import type { FakeClock } from "./fake-clock.ts";
import { MemorySocket } from "./scripted-server.ts";

/** How often each goes wrong, from 0 to 1. */
export interface Faults {
  /** A frame's connection dies with it, before or after it has had its effect. */
  kill: number;
  /** A command is refused with retry. */
  refuse: number;
  /** It takes effect all the same, and only its answer says unavailable. */
  lie: number;
  reject: number;
  /** An event is lost, doubled or overtaken on a live link. */
  lose: number;
  double: number;
  overtake: number;
  /** A room forgets what it has refused, as after a crash. */
  forget: number;
  /** A session ends at a hello. */
  gone: number;
  goaway: number;
}

export const calm: Faults = { kill: 0, refuse: 0, lie: 0, reject: 0, lose: 0, double: 0, overtake: 0, forget: 0, gone: 0, goaway: 0 };
const LATENCY_MS = 40;
const HEAD_EVERY_MS = 2_000;
const CODES = [1001, 1006, 1006, 1006, 1011, 1012, 4100, 4108, 4200, 4201, 4202, 4500];
const RETRIES = ["rate_limited", "overloaded", "unavailable", "over_limit"];

interface Ledger { top: number; done: Map<number, number> }

class ModelRoom {
  readonly events: (RoomEvent & { session: string })[] = [];
  readonly ledgers = new Map<string, Ledger>();

  ledgerOf(session: string): Ledger {
    const known = this.ledgers.get(session) ?? { top: 0, done: new Map() };
    this.ledgers.set(session, known);
    return known;
  }

  forget(): void {
    for (const ledger of this.ledgers.values()) ledger.top = Math.max(0, ...ledger.done.keys());
  }
}

/**
 * The protocol's rules for commands and streams, in memory, over sockets with latency, by a clock that is told; and every fault of `Faults`
 * at random.
 */
export class ModelServer {
  readonly Socket: SocketConstructor;
  readonly rooms = new Map<string, ModelRoom>();
  readonly clock: FakeClock;
  faults: Faults;
  readonly links = new Set<ModelLink>();
  sessions = 0;
  kills = 0;

  constructor(clock: FakeClock, faults: Faults) {
    this.clock = clock;
    this.faults = faults;
    const server = this;
    this.Socket = class extends MemorySocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        clock.setTimeout(() => {
          if (server.happens("kill")) return this.end(1006);
          server.links.add(new ModelLink(server, this));
          this.accept();
        }, LATENCY_MS);
      }
    };
  }

  happens(fault: keyof Faults): boolean {
    return this.clock.random() < this.faults[fault];
  }

  roomOf(id: string): ModelRoom {
    const room = this.rooms.get(id) ?? new ModelRoom();
    this.rooms.set(id, room);
    return room;
  }

  emit(id: string, event: RoomEvent): void {
    for (const link of this.links) link.offer(id, event);
  }
}

class ModelLink {
  readonly #server: ModelServer;
  readonly #socket: MemorySocket;
  readonly #joined = new Set<string>();
  readonly #gates = new Map<string, number>();
  readonly #held = new Map<string, object>();
  #session = "";
  #inAt = 0;
  #outAt = 0;
  #isDead = false;

  constructor(server: ModelServer, socket: MemorySocket) {
    this.#server = server;
    this.#socket = socket;
    socket.onsent = (text) => this.#later("in", () => this.#hear(JSON.parse(text) as ClientFrame));
    socket.onclosed = () => this.#die();
    this.#beat();
  }

  offer(room: string, event: RoomEvent): void {
    if (!this.#joined.has(room)) return;
    const frame = { type: "event", room, ...event };
    if (this.#server.happens("lose")) return;
    const before = this.#held.get(room);
    if (!before && this.#server.happens("overtake")) return void this.#held.set(room, frame);
    this.#say(frame);
    if (this.#server.happens("double")) this.#say(frame);
    if (before) this.#say(before);
    this.#held.delete(room);
  }

  #hear(frame: ClientFrame): void {
    if (this.#server.happens("kill")) return this.#kill();
    this.#handle(frame);
    if (this.#server.happens("kill")) this.#kill();
    if (this.#server.happens("goaway")) this.#say({ type: "goaway", reason: "drain", minDelayMs: 100, maxDelayMs: 1_000 });
  }

  #handle(frame: ClientFrame): void {
    switch (frame.type) {
      case "hello": return this.#welcome(frame.session);
      case "join": return this.#join(frame);
      case "send": return this.#send(frame);
      case "skip": return this.#skip(frame);
      case "ping": return this.#say({ type: "pong" });
      case "leave":
        this.#joined.delete(frame.room);
        return this.#say({ type: "left", id: frame.id, room: frame.room });
      case "history": {
        const events = this.#server.roomOf(frame.room).events;
        const page = events.slice(frame.after, frame.after + 7); // small pages, so that healing takes several
        return this.#say({ type: "page", id: frame.id, room: frame.room, events: page, more: frame.after + 7 < events.length });
      }
    }
  }

  #welcome(session: string | undefined): void {
    if (session && this.#server.happens("gone")) {
      this.#say({ type: "error", code: "gone", message: "Over.", retry: false });
      session = undefined;
    }
    this.#session = session ?? `s${++this.#server.sessions}`;
    for (const link of this.#server.links) if (link !== this && link.#session === this.#session) link.#kill(4005);
    this.#say({ type: "welcome", session: this.#session, user: "ada", pingMs: HEAD_EVERY_MS, commandsPerSecond: 1_000, commandBurst: 1_000 });
  }

  #join({ id, room, since }: Extract<ClientFrame, { type: "join" }>): void {
    if (this.#server.happens("refuse")) return this.#refuse(id, room, undefined, "unavailable", true);
    const events = this.#server.roomOf(room).events;
    const recovered = since !== undefined && since <= events.length;
    this.#joined.add(room);
    this.#say({ type: "joined", id, room, epoch: "1", seq: events.length, recovered, member: `m-${this.#session}`, members: [],
      ...(recovered ? {} : { state: events.map(({ name }) => name) }) });
    if (recovered) for (const event of events.slice(since)) this.offer(room, event);
  }

  #send({ id, room: roomId, cmd, name, data }: SendFrame): void {
    const room = this.#server.roomOf(roomId);
    const number = cmd as number; // the client under test always gives one
    if (!this.#joined.has(roomId)) return this.#refuse(id, roomId, number, "not_joined", false);
    const gate = this.#gates.get(roomId) ?? Infinity;
    if (number > gate) return this.#refuse(id, roomId, number, "out_of_order", true);
    if (this.#server.happens("refuse")) return this.#close(id, roomId, number);
    if (number === gate) this.#gates.delete(roomId);
    if (this.#server.happens("forget")) room.forget();
    const ledger = room.ledgerOf(this.#session);
    if (number <= ledger.top) {
      const seq = ledger.done.get(number);
      return this.#ack(id, roomId, number, seq === undefined ? { seq: room.events.length, dup: true, refused: true } : { seq, dup: true });
    }
    ledger.top = number;
    if (this.#server.happens("reject")) return this.#refuse(id, roomId, number, "rejected", false);
    const seq = room.events.length + 1;
    const event = { seq, name, data, by: "ada", member: `m-${this.#session}`, cmd: number, at: this.#server.clock.wall() };
    room.events.push({ ...event, session: this.#session });
    ledger.done.set(number, seq);
    this.#server.emit(roomId, event);
    if (this.#server.happens("lie")) return this.#close(id, roomId, number);
    this.#ack(id, roomId, number, { seq });
  }

  #skip({ id, room: roomId, cmd }: SkipFrame): void {
    const ledger = this.#server.roomOf(roomId).ledgerOf(this.#session);
    const seq = ledger.done.get(cmd);
    if (cmd > ledger.top) ledger.top = cmd;
    if (this.#gates.get(roomId) === cmd) this.#gates.delete(roomId);
    this.#ack(id, roomId, cmd, seq === undefined ? { seq: 0, skipped: true } : { seq, dup: true });
  }

  /** Refused with retry: nothing above goes on until it has come again. */
  #close(id: number | undefined, room: string, cmd: number): void {
    this.#gates.set(room, Math.min(cmd, this.#gates.get(room) ?? Infinity));
    const code = RETRIES[Math.floor(this.#server.clock.random() * RETRIES.length)] ?? "unavailable";
    this.#refuse(id, room, cmd, code, true);
  }

  #ack(id: number | undefined, room: string, cmd: number, more: object): void {
    this.#say({ type: "ack", id, room, cmd, ...more });
  }

  #refuse(id: number | undefined, room: string, cmd: number | undefined, code: string, retry: boolean): void {
    const after = this.#server.clock.random() < 0.5 ? {} : { retryAfterMs: 30 };
    this.#say({ type: "error", id, room, cmd, code, message: "No.", retry, ...after });
  }

  #beat(): void {
    this.#server.clock.setTimeout(() => {
      if (this.#isDead) return;
      for (const room of this.#joined) this.#say({ type: "head", room, seq: this.#server.roomOf(room).events.length });
      this.#beat();
    }, HEAD_EVERY_MS);
  }

  #say(frame: object): void {
    this.#later("out", () => this.#socket.deliver(JSON.stringify(frame)));
    if (this.#server.happens("double") && "id" in frame) this.#later("out", () => this.#socket.deliver(JSON.stringify(frame)));
  }

  /** In order, each way, with a latency of its own; what is under way when the connection dies is lost. */
  #later(way: "in" | "out", act: () => void): void {
    const now = this.#server.clock.now();
    const at = Math.max(way === "in" ? this.#inAt : this.#outAt, now + this.#server.clock.random() * LATENCY_MS);
    if (way === "in") this.#inAt = at;
    else this.#outAt = at;
    this.#server.clock.setTimeout(() => this.#isDead || act(), at - now);
  }

  #kill(code?: number): void {
    if (this.#isDead) return;
    this.#server.kills++;
    this.#die();
    this.#socket.end(code ?? CODES[Math.floor(this.#server.clock.random() * CODES.length)] ?? 1006);
  }

  #die(): void {
    this.#isDead = true;
    this.#server.links.delete(this);
  }
}
