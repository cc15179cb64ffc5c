import { systemClock, type Clock } from "./clock.ts";
import { Emitter } from "./emitter.ts";
import { EdgeRoomsError, errorOf } from "./error.ts";
import type { ServerFrame, WelcomeFrame } from "./frames.ts";
import type { Hub } from "./hub.ts";
import { Link, type LinkStatus } from "./link.ts";
import { Membership, type RoomOptions } from "./membership.ts";
import { Pace } from "./pace.ts";
import { Past } from "./past.ts";
import { Room } from "./room.ts";
import { Session, type SessionStorage } from "./session.ts";
import type { SocketConstructor } from "./socket.ts";

const QUEUE_MAX = 1_000;
const FRAME_BYTES_MAX = 64 * 1024;
const ROOM_ID = /^[a-z][a-z0-9-]{0,31}\/[A-Za-z0-9_-]{1,64}$/;
const WAKING = ["online", "offline", "pageshow"];

export interface EdgeRoomsOptions {
  /** A JWT, or what returns a fresh one: asked at each connect and before the old one ends. A string cannot be renewed. */
  token: string | (() => string | Promise<string>);
  /**
   * Keeps session and unanswered commands in sessionStorage, so that a reload goes on as the same session and what was on its
   * way takes effect once. The commands of a room go when the room is opened again. A string keeps them under a name of its own,
   * for pages with several clients.
   */
  persist?: boolean | string;
  /** Commands that may wait in one room; 1,000 by default. More are rejected as `queue_full`. */
  queue?: number;
  /** For platforms without a global WebSocket (Node before 22): the class of the package `ws`. */
  WebSocket?: unknown;
  /** In place of sessionStorage. */
  storage?: SessionStorage;
  /** In place of the system's. */
  clock?: Clock;
}

export type ClientEvents = {
  status: [status: LinkStatus];
  /** What concerns no single room, or ends all of them. */
  error: [error: EdgeRoomsError];
};

/**
 * A client of one server: one socket for all its rooms, made at the first `room()` and made anew for as long as it takes.
 *
 * ```ts
 * const client = new EdgeRooms("wss://host", { token: () => fetchToken() });
 * const room = client.room("chat/lobby");
 * room.on("event", (e) => console.log(e.seq, e.by, e.data));
 * await room.send("message", { text: "hello" });
 * ```
 */
export class EdgeRooms {
  readonly #events = new Emitter<ClientEvents>();
  readonly #rooms = new Map<string, Membership>();
  readonly #hub: Hub;
  readonly #past: Past;
  #frameBytesMax = FRAME_BYTES_MAX;
  #user: string | undefined;
  #isStarted = false;

  /** `url` is `ws(s)://` or `http(s)://HOST`, with a path where the server has one; the page's own server by default. */
  constructor(url: string | undefined, options: EdgeRoomsOptions) {
    const base = baseOf(url);
    const clock = options.clock ?? systemClock;
    const socket = (options.WebSocket ?? globalThis.WebSocket) as SocketConstructor | undefined;
    if (!socket) {
      throw new EdgeRoomsError(
        "unsupported", "There is no global WebSocket here: give the 'WebSocket' option, e.g. import { WebSocket } from \"ws\".");
    }
    const { token } = options;
    const askToken = typeof token === "string" ? () => token : token;
    const link = new Link({ url: base, token: askToken, socket, clock }, {
      session: () => this.#hub.session.id,
      onUp: () => this.#each((room) => room.join()),
      onFrame: (frame) => this.#onFrame(frame),
      onDown: () => this.#each((room) => room.down()),
      onStatus: () => this.#onStatus(),
      onStop: (error) => this.#onStop(error),
    });
    this.#past = new Past(link, clock, base.replace(/^ws/, "http"), askToken);
    const client = this;
    this.#hub = {
      link,
      clock,
      pace: new Pace(clock),
      session: new Session(`edgerooms:${options.persist === true ? base : options.persist}`, storageOf(options)),
      queueMax: options.queue ?? QUEUE_MAX,
      get frameBytesMax() { return client.#frameBytesMax; },
      forget: (room) => void (this.#rooms.get(room.id) === room && this.#rooms.delete(room.id)),
      renewSession: () => this.#renewSession(),
      page: (room, after, limit) => this.#past.page(room, after, limit),
      stateAt: (room, seq) => this.#past.state(room, seq),
    };
  }

  get status(): LinkStatus { return this.#hub.link.status; }
  /** Who the server says we are; known once connected. */
  get user(): string | undefined { return this.#user; }
  /** The id that the server knows us by across connections and, with `persist`, reloads; known once connected. */
  get session(): string | undefined { return this.#hub.session.id; }

  /** Calls back whenever it happens; returns what ends that. */
  on<K extends keyof ClientEvents>(name: K, listener: (...args: ClientEvents[K]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Opens a room. A room opened twice is joined once: each handle has listeners of its own and is left on its own. `history` counts at the
   * first; the latest `presence` counts.
   */
  room<TState = unknown>(id: string, options: RoomOptions = {}): Room<TState> {
    if (!ROOM_ID.test(id)) {
      throw new EdgeRoomsError("invalid_room", `'${id}' is no room: give kind/name, kind of a-z, 0-9 and -, name of letters, digits, _ and -.`);
    }
    if (this.status === "closed") throw new EdgeRoomsError("closed", "The client was closed; make a new EdgeRooms.", id);
    let membership = this.#rooms.get(id);
    if (membership) {
      membership.acquire(options);
    } else {
      membership = new Membership(id, options, this.#hub);
      this.#rooms.set(id, membership);
      if (this.#hub.link.isUp) membership.join();
    }
    this.#start();
    return new Room<TState>(membership, this.#hub);
  }

  /** Ends everything now. Commands that wait are rejected: `closed` where never sent, `outcome_unknown` where sent. */
  close(): void {
    this.#stopListening();
    this.#each((room) => room.close("closed", "the client was closed."));
    this.#hub.link.close();
  }

  /** The first room connects, at the end of its task, so that rooms opened together join together. */
  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (const name of WAKING) globalThis.addEventListener?.(name, this.#onWake);
    globalThis.document?.addEventListener("visibilitychange", this.#onWake);
    queueMicrotask(() => this.status !== "closed" && void this.#hub.link.connect());
  }

  #stopListening(): void {
    for (const name of WAKING) globalThis.removeEventListener?.(name, this.#onWake);
    globalThis.document?.removeEventListener("visibilitychange", this.#onWake);
  }

  readonly #onWake = ({ type }: { type: string }): void => {
    if (type === "offline" ? this.status === "live" : !globalThis.document?.hidden) this.#hub.link.wake();
  };

  #onFrame(frame: ServerFrame): void {
    if (frame.type === "welcome") return this.#onWelcome(frame);
    const room = "room" in frame && frame.room !== undefined ? this.#rooms.get(frame.room) : undefined;
    if (room) return room.onFrame(frame);
    // `gone` without a room is followed by a welcome with a new session, `unauthenticated` by a close.
    if (frame.type === "error" && frame.room === undefined && frame.code !== "gone") this.#events.emit("error", errorOf(frame));
  }

  #onWelcome(frame: WelcomeFrame): void {
    this.#user = frame.user;
    this.#frameBytesMax = frame.maxFrameBytes ?? FRAME_BYTES_MAX;
    this.#hub.pace.limit(frame.commandsPerSecond, frame.commandBurst);
    const session = this.#hub.session.adopt(frame.session, frame.user);
    if (session === "other user") this.#each((room) => room.outbox.giveUp("user_changed", `the token is ${frame.user}'s now.`));
    if (session !== "same") this.#each((room) => room.outbox.newSession());
  }

  #renewSession(): void {
    this.#hub.session.forget();
    this.#each((room) => room.outbox.newSession());
    this.#hub.link.restart();
  }

  #onStatus(): void {
    this.#each((room) => room.onLinkStatus());
    this.#past.onStatus();
    this.#events.emit("status", this.status);
  }

  #onStop(error: EdgeRoomsError): void {
    if (error.code === "replaced") this.#hub.session.forget(); // the other one draws numbers that the storage here knows nothing of
    this.#stopListening();
    this.#each((room) => room.close(error.code, error.message));
    this.#events.emit("error", error);
  }

  #each(act: (room: Membership) => void): void {
    for (const room of [...this.#rooms.values()]) act(room);
  }
}

function baseOf(url = globalThis.location?.origin): string {
  if (!/^(ws|http)s?:\/\//.test(url ?? "")) {
    throw new EdgeRoomsError("unsupported", `'${url}' is no server: give ws://, wss://, http:// or https:// and the host.`);
  }
  return (url as string).replace(/^http/, "ws").replace(/\/+$/, "");
}

function storageOf({ persist, storage }: EdgeRoomsOptions): SessionStorage | undefined {
  if (!persist) return undefined;
  try {
    return storage ?? globalThis.sessionStorage;
  } catch {
    return undefined; // forbidden by the browser: a reload forgets
  }
}
