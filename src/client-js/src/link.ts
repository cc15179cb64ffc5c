import type { Clock } from "./clock.ts";
import { Timers } from "./clock.ts";
import { afterClose, backoffMs } from "./closing.ts";
import { EdgeRoomsError } from "./error.ts";
import type { ClientFrame, GoAwayFrame, RequestFrame, ServerFrame, WelcomeFrame } from "./frames.ts";
import { readFrames } from "./frames.ts";
import { Liveness } from "./liveness.ts";
import { Requests, type Answer } from "./requests.ts";
import { OPEN, type Socket, type SocketConstructor } from "./socket.ts";

const PROTOCOL = "edgerooms.v1";
const CLIENT = "edgerooms-js/0.1.0";
const STABLE_AFTER_MS = 5_000;
const FAILED_WITHIN_MS = 1_000;
const WELCOME_WITHIN_MS = 15_000;
const PING_MS = 25_000;
const TOKEN_MARGIN_MS = 60_000;
const TOKEN_PAUSE_MS = 30_000;
const AT_ONCE_ATTEMPTS = 3;
const TOKENS_REFUSED_MAX = 2;
/** Anything but 1000 keeps our places in the rooms for the server's grace. */
const CLOSE_ABANDONED = 4999;

/** @internal */
export interface LinkOptions {
  url: string;
  token: () => string | Promise<string>;
  socket: SocketConstructor;
  clock: Clock;
}

/** Whom a link tells. @internal */
export interface LinkOwner {
  /** The session to come back as. */
  session(): string | undefined;
  /** The socket is open and has said hello: joins may go. */
  onUp(): void;
  onFrame(frame: ServerFrame): void;
  /** The connection is gone; each open request is answered with null next. */
  onDown(): void;
  onStatus(): void;
  /** Never again. */
  onStop(error: EdgeRoomsError): void;
}

export type LinkStatus = "connecting" | "live" | "offline" | "closed";

/**
 * The one socket of a client, made anew for as long as it takes: token, hello, liveness, close codes, back-off. It calls its owner only from
 * socket and timer callbacks. An abandoned socket has no listeners, so what it still brings (a 4005, too) means nothing.
 * @internal
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #requests = new Requests();
  readonly #liveness: Liveness;
  #socket: Socket | undefined;
  #isUp = false;
  #status: LinkStatus = "connecting";
  #attempt = 0;
  #tokensRefused = 0;
  #liveSince = 0;
  #returnAt = 0;
  /** Grows with each connect and end, so that what an older one awaited is told from the newest. */
  #turn = 0;

  constructor(options: LinkOptions, owner: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#clock = options.clock;
    this.#timers = new Timers(options.clock);
    this.#liveness = new Liveness(options.clock, this.#timers, this.#requests, () => this.write({ type: "ping" }), () => this.abandon(0));
  }

  get status(): LinkStatus { return this.#status; }
  /** The socket is open and has said hello. */
  get isUp(): boolean { return this.#isUp; }
  get bufferedBytes(): number { return this.#socket?.bufferedAmount ?? 0; }

  async connect(): Promise<void> {
    const turn = ++this.#turn;
    this.#setStatus("connecting");
    this.#timers.set("welcome", WELCOME_WITHIN_MS, () => this.abandon()); // a black hole neither works nor fails
    let token: string;
    try {
      token = (await this.#options.token()).trim();
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof EdgeRoomsError && !error.retry) return this.#stop(error);
      return this.#comeBack();
    }
    if (turn === this.#turn) this.#open(token);
  }

  /** Lets go of the socket now: a dead one may take minutes to report its close. Comes back after the back-off. */
  abandon(delayMs?: number): void {
    this.#letGo(CLOSE_ABANDONED);
    this.#comeBack(delayMs);
  }

  /** For when a fresh connection is needed, soon but not in a tight loop. */
  restart(): void {
    this.abandon(this.#atOnceAtFirst());
  }

  close(): void {
    if (this.#status === "closed") return;
    this.#letGo(1000);
    this.#setStatus("closed");
  }

  write(frame: ClientFrame): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Exactly one answer comes, or null. The caller has made sure that the link is up. */
  request(frame: RequestFrame, answer: (answer: Answer) => void): void {
    const id = this.#requests.add(this.#clock.now(), answer);
    if (!this.write({ ...frame, id })) return this.#requests.answer(id, null);
    this.#liveness.expectAnswer();
  }

  /** The network or the page came back, so waiting has no point; or the connection may be dead without knowing. */
  wake(): void {
    this.#timers.catchUp();
    if (this.#status === "live") this.#liveness.probe();
    else if (this.#timers.has("retry") && this.#returnAt <= this.#clock.now()) {
      this.#attempt = 0;
      this.#timers.clear("retry");
      void this.connect();
    }
  }

  // ---- one connection ----

  #open(token: string): void {
    let socket: Socket;
    try {
      socket = new this.#options.socket(`${this.#options.url}/rooms?batch=1`, [PROTOCOL]);
    } catch (error) {
      return this.#stop(new EdgeRoomsError("unsupported", `No WebSocket to ${this.#options.url} can be made: ${String(error)}`));
    }
    this.#socket = socket;
    socket.onopen = () => {
      const session = this.#owner.session();
      this.write({ type: "hello", token, ...(session === undefined ? {} : { session }), client: CLIENT });
      this.#isUp = true;
      this.#owner.onUp();
    };
    socket.onmessage = (event: { data: unknown }) => this.#onMessage(event.data);
    // A close follows and says more, except in Node 20, whose WebSocket tells of a failed attempt by an error alone.
    socket.onerror = () => this.#isUp || this.#timers.set("failed", FAILED_WITHIN_MS, () => this.abandon());
    socket.onclose = (event: { code: number; reason: string }) => this.#onClose(event.code, event.reason);
  }

  #onMessage(data: unknown): void {
    const turn = this.#turn;
    this.#liveness.heard();
    this.#timers.catchUp(); // a hidden page's timers are late, its messages are not
    if (turn !== this.#turn) return;
    let frames: ServerFrame[];
    try {
      frames = typeof data === "string" ? readFrames(data) : [];
    } catch {
      return this.abandon(); // whoever speaks there is no EdgeRooms
    }
    for (const frame of frames) {
      if (turn !== this.#turn) return; // a frame before this one ended the connection
      this.#onFrame(frame);
    }
  }

  #onFrame(frame: ServerFrame): void {
    if (frame.type === "welcome") this.#onWelcome(frame);
    if (frame.type === "goaway") return this.#onGoAway(frame);
    const id = "id" in frame ? frame.id : undefined;
    if (id !== undefined) return this.#requests.answer(id, frame);
    this.#owner.onFrame(frame);
  }

  #onWelcome(frame: WelcomeFrame): void {
    this.#timers.clear("welcome");
    this.#tokensRefused = 0;
    this.#liveSince = this.#clock.now();
    this.#liveness.watch(frame.pingMs ?? PING_MS);
    this.#refreshTokenBefore(frame.expiresAt);
    this.#setStatus("live");
  }

  /** `goaway`'s window wins, also when the server closes first; until then the connection is used. */
  #onGoAway({ minDelayMs, maxDelayMs }: GoAwayFrame): void {
    const waitMs = minDelayMs + this.#clock.random() * Math.max(0, maxDelayMs - minDelayMs);
    this.#returnAt = this.#clock.now() + waitMs;
    this.#timers.set("goaway", waitMs, () => this.abandon(0));
  }

  // ---- its end, and the next ----

  #onClose(code: number, reason: string): void {
    this.#letGo();
    const after = afterClose(code, reason);
    switch (after.then) {
      case "stop":
        return this.#stop(new EdgeRoomsError(after.code, after.message));
      case "token":
        if (++this.#tokensRefused < TOKENS_REFUSED_MAX) return this.#comeBack();
        return this.#stop(new EdgeRoomsError(
          "unauthenticated", `The server refuses the token (${reason}). Let the 'token' option return a fresh JWT each time.`));
      case "now":
        return this.#comeBack(this.#atOnceAtFirst());
      case "backoff":
        return this.#comeBack(undefined, after.attemptMin);
    }
  }

  /** No wait, unless that has not helped a few times already. */
  #atOnceAtFirst(): number | undefined {
    return this.#wasStable() || this.#attempt < AT_ONCE_ATTEMPTS ? 0 : undefined;
  }

  #wasStable(): boolean {
    return this.#liveSince > 0 && this.#clock.now() - this.#liveSince > STABLE_AFTER_MS;
  }

  #letGo(closeCode?: number): void {
    this.#turn++;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isUp = false;
    this.#timers.clearAll();
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.onerror = () => {}; // `ws` throws an error that nobody listens to
      if (closeCode !== undefined) socket.close(closeCode);
    }
    this.#owner.onDown();
    this.#requests.drop();
  }

  #comeBack(delayMs?: number, attemptMin = 0): void {
    if (this.#status === "closed") return;
    this.#attempt = Math.max(this.#wasStable() ? 0 : this.#attempt, attemptMin);
    this.#liveSince = 0;
    const backoff = backoffMs(this.#attempt++, this.#clock.random());
    const promised = this.#returnAt - this.#clock.now();
    this.#timers.clearAll();
    this.#timers.set("retry", promised > 0 ? promised : delayMs ?? backoff, () => void this.connect());
    this.#setStatus("offline");
  }

  #stop(error: EdgeRoomsError): void {
    this.#letGo(1000);
    this.#setStatus("closed");
    this.#owner.onStop(error);
  }

  #setStatus(status: LinkStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#owner.onStatus();
  }

  // ---- the token's end ----

  #refreshTokenBefore(expiresAt: number | undefined): void {
    if (!expiresAt) return;
    const left = expiresAt - this.#clock.wall();
    // By a clock of ours that is wrong it may be over already; then asking again and again would not help either.
    const wait = left > 0 ? left - Math.min(TOKEN_MARGIN_MS, left / 2) : TOKEN_PAUSE_MS;
    this.#timers.set("auth", wait, () => void this.#refreshToken(expiresAt));
  }

  async #refreshToken(expiresAt: number): Promise<void> {
    const turn = this.#turn;
    let token: string;
    try {
      token = (await this.#options.token()).trim();
    } catch {
      if (turn === this.#turn && expiresAt - this.#clock.wall() > 2_000) this.#refreshTokenBefore(expiresAt);
      return; // else 4202 makes us come back with a fresh one
    }
    if (turn !== this.#turn) return;
    this.request({ type: "auth", token }, (answer) => {
      if (answer?.type === "authed") this.#refreshTokenBefore(answer.expiresAt);
    });
  }
}
