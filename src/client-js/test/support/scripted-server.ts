import type { ClientFrame } from "../../src/frames.ts";
import type { Socket, SocketConstructor } from "../../src/socket.ts";
import { settled } from "./fake-clock.ts";

type Frame<T extends ClientFrame["type"]> = Extract<ClientFrame, { type: T }>;

/** A server that says what the test says, over sockets in memory. */
export class ScriptedServer {
  readonly connections: Connection[] = [];
  /** While false, a new socket neither opens nor fails. */
  answers = true;
  readonly Socket: SocketConstructor;
  #taken = 0;

  constructor() {
    const server = this;
    this.Socket = class extends MemorySocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        const connection = new Connection(this);
        server.connections.push(connection);
        if (server.answers) queueMicrotask(() => this.accept());
      }
    };
  }

  /** The next connection, once it has said hello. */
  async next(): Promise<Connection> {
    await settled();
    const connection = this.connections[this.#taken];
    if (!connection) throw new Error(`There is no connection ${this.#taken + 1}.`);
    this.#taken++;
    return connection;
  }
}

export class MemorySocket implements Socket {
  readonly url: string;
  readonly protocols: string[];
  readyState = 0;
  bufferedAmount = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onsent: (text: string) => void = () => {};
  onclosed: (code: number | undefined) => void = () => {};

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(text: string): void {
    if (this.readyState === 1) this.onsent(text);
  }

  close(code?: number): void {
    if (this.readyState >= 2) return;
    this.readyState = 3;
    this.onclosed(code);
  }

  accept(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  deliver(text: string): void {
    if (this.readyState === 1) this.onmessage?.({ data: text } as never);
  }

  /** The other side, or the network, ends it. */
  end(code: number, reason = ""): void {
    if (this.readyState >= 2) return;
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }
}

/** The server's end of a socket. */
export class Connection {
  readonly socket: MemorySocket;
  readonly frames: ClientFrame[] = [];
  /** What the client closed it with. */
  closedWith: number | undefined;
  readonly #taken = new Map<string, number>();

  constructor(socket: MemorySocket) {
    this.socket = socket;
    socket.onsent = (text) => this.frames.push(JSON.parse(text) as ClientFrame);
    socket.onclosed = (code) => { this.closedWith = code; };
  }

  say(...frames: object[]): void {
    for (const frame of frames) this.socket.deliver(JSON.stringify(frame));
  }

  /** The frames of a type that were not taken yet. */
  async take<T extends ClientFrame["type"]>(type: T): Promise<Frame<T>[]> {
    await settled();
    const all = this.all(type);
    const fresh = all.slice(this.#taken.get(type) ?? 0);
    this.#taken.set(type, all.length);
    return fresh;
  }

  all<T extends ClientFrame["type"]>(type: T): Frame<T>[] {
    return this.frames.filter((frame): frame is Frame<T> => frame.type === type);
  }

  /** Welcomes, and answers every join so far. */
  async letIn(joined: object = {}, welcomed: object = {}): Promise<void> {
    await settled();
    this.say(welcome(welcomed));
    for (const { id, room } of await this.take("join")) this.say(joinedOf(room, { id, ...joined }));
    await settled();
  }

  drop(): void {
    this.socket.end(1006);
  }
}

export const welcome = (more: object = {}) => ({
  type: "welcome", session: "s1", connection: "c", user: "ada", node: "n", pingMs: 25_000, maxFrameBytes: 65_536, commandsPerSecond: 10_000,
  commandBurst: 10_000, expiresAt: 1_700_000_000_000 + 3_600_000, ...more,
});
export const joinedOf = (room: string, more: object = {}) => ({
  type: "joined", room, epoch: "1", seq: 0, recovered: false, member: "m1", members: [{ member: "m1", user: "ada", data: null }], ...more,
});
export const event = (seq: number, more: object = {}) => ({
  type: "event", room: "chat/lobby", seq, name: "message", data: { n: seq }, by: "bob", member: "m2", at: 5, ...more,
});
export const ack = ({ id, cmd, room }: { id?: number | undefined; cmd?: number | undefined; room: string }, seq: number, more: object = {}) => ({
  type: "ack", id, room, cmd, seq, ...more,
});
export const refusal = ({ id, cmd, room }: { id?: number | undefined; cmd?: number | undefined; room: string }, code: string, retry: boolean, more: object = {}) => ({
  type: "error", id, room, cmd, code, message: "No.", retry, ...more,
});
