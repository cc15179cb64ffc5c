/**
 * EdgeRooms in the browser: one room on one connection, without dependencies or a build step.
 *
 *   const room = new Room("chat/lobby", { token: () => fetch("/dev/token?user=ada").then(r => r.text()) });
 *   room.on("event", e => console.log(e.seq, e.by, e.name, e.data));
 *   await room.send("message", { text: "hello" });   // resolves after the commit
 *
 * Events arrive once each and in order, also across lost connections and server restarts: the client remembers
 * the last `seq` and resumes after it. Commands take effect once each and in order: they are numbered, kept in
 * sessionStorage until answered, and sent again after a reconnect or a reload.
 * The frames and rules are those of protocol `edgerooms.v1`.
 */

const PROTOCOL = "edgerooms.v1";
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 20_000;
const STABLE_AFTER_MS = 5_000;
const UNANSWERED_MAX = 256;
const QUEUED_MAX = 1_000;
const JOINED_WITHIN_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
const TOKEN_MARGIN_MS = 60_000;
const TIMER_MAX_MS = 2 ** 31 - 1;
// Codes of ours. Anything but 1000 keeps our seat in the room for the server's grace.
const CLOSE_DROPPED = 4999;
const CLOSE_REPLACED = 4998;

const STOP_CODES = { 4002: "bad_frame", 4003: "forbidden", 4004: "unknown_kind" };

/** A refusal in words. `code` is one of the protocol's error codes; `retry` says whether the same again may succeed. */
export class RoomError extends Error {
  constructor(code, message, retry = false) {
    super(message);
    this.name = "RoomError";
    this.code = code;
    this.retry = retry;
  }
}

/**
 * A room joined over a WebSocket that comes back by itself. Listen with `on(name, callback)`:
 *
 * | name        | value                                    | when                                                        |
 * |-------------|------------------------------------------|-------------------------------------------------------------|
 * | `status`    | `{status, text, retryInMs?}`             | `connecting`, `live`, `resuming`, `offline` or `stopped`    |
 * | `start`     | `{state, seq, epoch, reason}`            | forget what you have, go on from this state                 |
 * | `event`     | `{seq, name, data, by, member, cmd, at}` | the next event; with `history` some older ones come first   |
 * | `resumed`   | `{seq, replayed}`                        | a lost connection is made good, nothing was missed          |
 * | `ephemeral` | `{name, data, by, member}`               | something that is not stored                                |
 * | `members`   | array of `{member, user, data}`          | somebody came, went or changed                              |
 * | `pending`   | array of `{cmd, name, data}`             | commands without their event or answer so far               |
 * | `refused`   | `RoomError`                              | the server said no, to a command or to us                   |
 */
export class Room {
  #listeners = new Map();
  #outbox = new Outbox();
  #pace = new Pace();
  #members = new Map();
  #pages = new Map();
  #options;
  #url;
  #socket = null;
  #status = { status: "connecting", text: "Connecting" };
  #token = null;
  #tokenIsFresh = false;
  #epoch = null;
  #seq = null;
  #replay = null;
  #joined = false;
  #everJoined = false;
  #closed = false;
  #attempt = 0;
  #liveSince = 0;
  #returnAt = 0;
  #holdUntil = 0;
  #nextId = 1;
  #heardAt = 0;
  #welcome = { pingMs: 25_000, maxFrameBytes: 65_536 };
  #timers = new Timers();

  /**
   * @param {string} id the room, `kind/name`
   * @param {{token: () => string | Promise<string>, history?: number, url?: string}} options `token` is asked
   *   whenever a fresh one is needed; a RoomError from it with `retry` false ends the attempts. `history` is how many
   *   past events come first. `url` is the server, `ws://…`; the page's own by default.
   */
  constructor(id, options) {
    this.id = id;
    this.user = null;
    this.member = null;
    this.#options = { history: 0, ...options };
    this.#url = options.url ?? location.origin.replace(/^http/, "ws");
    globalThis.addEventListener?.("online", this.#onNetwork);
    globalThis.addEventListener?.("offline", this.#onNetwork);
    globalThis.document?.addEventListener("visibilitychange", this.#onNetwork);
    queueMicrotask(() => this.#connect());
  }

  get seq() { return this.#seq ?? 0; }
  get epoch() { return this.#epoch; }
  get session() { return this.#outbox.session; }
  get status() { return this.#status.status; }
  get members() { return [...this.#members.values()]; }
  get pending() { return this.#outbox.pending; }

  /** Calls back whenever `name` happens; the table above lists the names. Returns the room. */
  on(name, callback) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), callback]);
    return this;
  }

  /** Sends a command; resolves to its `ack` after the commit, rejects with a RoomError when the room says no. */
  send(name, data = null) {
    if (this.#closed) return Promise.reject(new RoomError("gone", "This room was closed on this page."));
    if (this.#outbox.size >= QUEUED_MAX) {
      return Promise.reject(new RoomError("overloaded", `${QUEUED_MAX} commands are waiting already.`, true));
    }
    const bytes = new TextEncoder().encode(JSON.stringify({ name, data })).length + 200;
    if (bytes > this.#welcome.maxFrameBytes) {
      return Promise.reject(new RoomError("too_large", `That is larger than ${this.#welcome.maxFrameBytes} bytes.`));
    }
    const answer = this.#outbox.add(name, data);
    this.#pendingChanged();
    this.#pump();
    return answer;
  }

  /** To everyone else in the room right now; not stored, may be dropped, and is while there is no connection. */
  sendEphemeral(name, data = null) {
    if (this.#joined) this.#write({ type: "ephemeral", room: this.id, name, data });
  }

  /** A page of at most 500 past events after a seq: `{events, more}`. */
  history(after, limit = 500) {
    if (!this.#joined) return Promise.reject(new RoomError("unavailable", "There is no connection now.", true));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pages.set(id, { resolve, reject });
      this.#write({ type: "history", id, room: this.id, after, limit });
    });
  }

  /** Breaks the connection the hard way, as a lost network would; the room resumes after `pauseMs`. */
  drop(pauseMs = 0) {
    if (!this.#socket) return;
    this.#returnAt = Date.now() + pauseMs;
    this.#abandon(CLOSE_DROPPED, "Connection dropped on purpose");
  }

  /** Leaves the room for good. Commands without an answer stay in sessionStorage for the next visit. */
  close() {
    this.#end("Closed");
  }

  // ---- connecting ----

  async #connect() {
    if (this.#closed) return;
    this.#setStatus(this.#everJoined ? "resuming" : "connecting", this.#everJoined ? "Resuming" : "Connecting");
    try {
      await this.#freshToken();
    } catch (error) {
      if (this.#closed) return;
      if (error instanceof RoomError && !error.retry) return this.#stop(error.code, error.message);
      return this.#retry("The server does not answer");
    }
    if (this.#closed) return;
    const socket = new WebSocket(this.#address(), [PROTOCOL, `edgerooms.auth.bearer.${this.#token}`]);
    this.#socket = socket;
    socket.onmessage = ({ data }) => socket === this.#socket && this.#onMessage(data);
    socket.onerror = () => {}; // a close follows and says more
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#onClose(code, reason);
    this.#expectJoined();
  }

  /** A connect or join that neither works nor fails (a black hole) is given up. */
  #expectJoined() {
    this.#timers.set("deadline", JOINED_WITHIN_MS, () => this.#abandon(CLOSE_REPLACED, "The server does not answer"));
  }

  async #freshToken() {
    const claims = claimsOf(this.#token);
    if (claims && claims.exp * 1000 > Date.now() + TOKEN_MARGIN_MS) return;
    this.#token = await this.#askForToken();
    this.#tokenIsFresh = true;
    this.#outbox.open(`edgerooms:${claimsOf(this.#token)?.sub ?? "?"}:${this.id}`);
    this.#pendingChanged();
  }

  async #askForToken() {
    return (await this.#options.token()).trim();
  }

  #address() {
    const query = new URLSearchParams({ batch: "1" });
    if (this.#outbox.session) query.set("session", this.#outbox.session);
    for (const [key, value] of Object.entries(this.#position())) query.set(key, value);
    return `${this.#url}/rooms/${this.id}?${query}`;
  }

  /** Where to go on from. `since` wins on the server; `history` counts where it cannot be served. */
  #position() {
    const position = {};
    if (this.#seq !== null) Object.assign(position, { epoch: this.#epoch, since: this.#seq });
    if (this.#options.history > 0) position.history = this.#options.history;
    return position;
  }

  /** Lets go of the socket at once: a dead one may take minutes to report its close, and a 4005 on it means nothing. */
  #abandon(code, text, delayMs) {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code);
    this.#retry(text, delayMs);
  }

  #onClose(code, reason) {
    this.#socket = null;
    if (code === 1008 || code === 4202) {
      const refusedFreshToken = code === 1008 && this.#tokenIsFresh;
      this.#token = null;
      if (refusedFreshToken) return this.#stop("unauthenticated", reason || "The server does not accept this token");
      return this.#retry("The token has run out", this.#atOnceAtFirst());
    }
    if (code === 4005) return this.#stop("gone", "This session goes on in another window");
    if (code >= 4000 && code < 4100) return this.#stop(STOP_CODES[code] ?? "gone", reason || `The server closed this connection (${code})`);
    if (code >= 4100 && code < 4200) this.#attempt = Math.max(this.#attempt, 3);
    this.#retry(reason || "Connection lost", code >= 4200 && code < 4300 ? this.#atOnceAtFirst() : undefined);
  }

  /** No wait where the server asked for none, unless that has not helped a few times already. */
  #atOnceAtFirst() {
    return this.#attempt < 3 ? 0 : undefined;
  }

  #retry(text, delayMs) {
    this.#disconnected(text);
    if (this.#liveSince && Date.now() - this.#liveSince > STABLE_AFTER_MS) this.#attempt = 0;
    this.#liveSince = 0;
    const window = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** this.#attempt++);
    const promised = this.#returnAt - Date.now();
    this.#returnAt = 0;
    const wait = promised > 0 ? promised : delayMs ?? Math.random() * window;
    this.#setStatus("offline", text, wait);
    this.#timers.set("retry", wait, () => this.#connect());
  }

  #disconnected(text) {
    this.#timers.clear();
    this.#joined = false;
    this.#replay = null;
    this.#holdUntil = 0;
    this.#outbox.resendFrom(0);
    for (const { reject } of this.#pages.values()) reject(new RoomError("unavailable", text, true));
    this.#pages.clear();
  }

  #stop(code, text) {
    this.#end(text);
    this.#emit("refused", new RoomError(code, text));
  }

  #end(text) {
    if (this.#closed) return;
    this.#closed = true;
    globalThis.removeEventListener?.("online", this.#onNetwork);
    globalThis.removeEventListener?.("offline", this.#onNetwork);
    globalThis.document?.removeEventListener("visibilitychange", this.#onNetwork);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    this.#disconnected(text);
    this.#outbox.giveUp(new RoomError("gone", `${text}: the outcome of this command is not known.`));
    this.#setStatus("stopped", text);
  }

  // ---- is anybody there? ----

  /** The network came or went, or a sleeping page woke: try at once, or make sure that the connection still lives. */
  #onNetwork = (happening) => {
    if (happening.type === "visibilitychange" && document.hidden) return;
    if (this.#joined) this.#probe();
    else if (!this.#socket && this.#timers.has("retry") && happening.type !== "offline") {
      this.#attempt = 0;
      this.#timers.set("retry", 0, () => this.#connect());
    }
  };

  #probe() {
    const asked = Date.now();
    this.#write({ type: "ping" });
    this.#timers.set("pong", PONG_WITHIN_MS, () => {
      if (this.#heardAt < asked) this.#abandon(CLOSE_REPLACED, "The connection went silent", 0);
    });
  }

  /** The server sends `head` with each of its pings, so a longer silence than that is worth a question. */
  #watchSilence() {
    this.#timers.set("silence", this.#welcome.pingMs * 1.5, () => {
      if (Date.now() - this.#heardAt >= this.#welcome.pingMs) this.#probe();
      this.#watchSilence();
    });
  }

  // ---- frames ----

  #onMessage(text) {
    this.#heardAt = Date.now();
    const socket = this.#socket;
    for (const line of text.split("\n")) {
      if (socket !== this.#socket) return; // a frame before this one ended the connection
      if (line !== "") this.#onFrame(JSON.parse(line));
    }
  }

  #onFrame(frame) {
    switch (frame.type) {
      case "welcome": return this.#onWelcome(frame);
      case "joined": return this.#onJoined(frame);
      case "event": return this.#onEvent(frame);
      case "ack": return this.#onAck(frame);
      case "error": return this.#onError(frame);
      case "ephemeral": return this.#emit("ephemeral", frame);
      case "members": return this.#onMembers(frame);
      case "head": return this.#onHead(frame);
      case "page": return this.#onPage(frame);
      case "reset": return this.#onReset(frame);
      case "goaway": return this.#onGoAway(frame);
      case "authed": return this.#refreshTokenBefore(frame.expiresAt);
      case "left": return this.#stop("forbidden", "You are no longer in this room");
      default: // pong, and whatever a newer server adds
    }
  }

  #onWelcome(frame) {
    this.#welcome = { ...this.#welcome, ...frame };
    this.#tokenIsFresh = false;
    this.user = frame.user;
    this.#pace.limit(frame.commandsPerSecond, frame.commandBurst);
    const lost = this.#outbox.useSession(frame.session);
    if (lost > 0) {
      this.#emit("refused", new RoomError("gone", `A new session has begun; the outcome of ${lost} command(s) is not known.`));
    }
    this.#pendingChanged();
    this.#refreshTokenBefore(frame.expiresAt);
  }

  #refreshTokenBefore(expiresAt) {
    if (!expiresAt) return;
    const wait = Math.min(TIMER_MAX_MS, Math.max(1_000, expiresAt - Date.now() - TOKEN_MARGIN_MS));
    this.#timers.set("auth", wait, async () => {
      const socket = this.#socket;
      const token = await this.#askForToken().catch(() => "");
      if (token === "" || socket !== this.#socket) return; // 4202 will bring us back with a fresh one
      this.#token = token;
      this.#write({ type: "auth", id: this.#nextId++, token });
    });
  }

  #onJoined(frame) {
    this.#timers.clear("deadline");
    const since = this.#seq;
    this.member = frame.member;
    this.#joined = true;
    this.#everJoined = true;
    this.#liveSince = Date.now();
    if (frame.members) {
      this.#members = new Map(frame.members.map((member) => [member.member, member]));
      this.#emit("members", this.members);
    }
    this.#setStatus("live", "Live");
    if (frame.recovered && since !== null) {
      this.#replay = { from: since, to: frame.seq };
      this.#announceResume();
    } else {
      this.#start(frame, "joined");
      // Past events come next, from a seq that only the first of them tells.
      if (this.#options.history > 0 && frame.seq > 0) this.#seq = null;
    }
    this.#watchSilence();
    this.#pump();
  }

  #onReset(frame) {
    this.#start(frame, frame.reason);
  }

  #start(frame, reason) {
    this.#epoch = frame.epoch;
    this.#seq = frame.seq;
    this.#replay = null;
    this.#emit("start", { state: frame.state ?? null, seq: frame.seq, epoch: frame.epoch, reason });
  }

  #onEvent(frame) {
    if (this.#seq !== null && frame.seq <= this.#seq) return; // a repeat
    if (this.#seq !== null && frame.seq > this.#seq + 1) return this.#onGap();
    this.#seq = frame.seq;
    if (frame.member === this.member && this.#outbox.happened(frame.cmd)) this.#pendingChanged();
    this.#emit("event", frame);
    this.#announceResume();
  }

  #onHead(frame) {
    if (this.#seq !== null && frame.seq > this.#seq) this.#onGap();
  }

  /** Never to happen. When it does, the log has what we miss. */
  #onGap() {
    this.#abandon(CLOSE_REPLACED, "An event was missing", 0);
  }

  #announceResume() {
    if (!this.#replay || this.#seq < this.#replay.to) return;
    const replayed = this.#replay.to - this.#replay.from;
    this.#replay = null;
    this.#emit("resumed", { seq: this.#seq, replayed });
  }

  #onMembers({ joined = [], left = [], updated = [] }) {
    for (const member of [...joined, ...updated]) this.#members.set(member.member, member);
    for (const { member } of left) this.#members.delete(member);
    this.#emit("members", this.members);
  }

  #onPage(frame) {
    this.#pages.get(frame.id)?.resolve({ events: frame.events, more: frame.more });
    this.#pages.delete(frame.id);
  }

  #onGoAway(frame) {
    const wait = frame.minDelayMs + Math.random() * (frame.maxDelayMs - frame.minDelayMs);
    this.#returnAt = Date.now() + wait; // counts, too, when the server closes first
    this.#timers.set("goaway", wait, () => this.#abandon(CLOSE_REPLACED, "The server is being replaced", 0));
  }

  // ---- commands ----

  /** Sends what is not sent yet, in order, as fast as the server's limits allow. */
  #pump() {
    if (!this.#joined) return;
    const hold = this.#holdUntil - Date.now();
    const room = Math.min(UNANSWERED_MAX - this.#outbox.unanswered, hold > 0 ? 0 : this.#pace.available());
    const batch = this.#outbox.take(room);
    for (const command of batch) {
      command.id = this.#nextId++;
      this.#write({ type: "send", id: command.id, room: this.id, cmd: command.cmd, name: command.name, data: command.data });
    }
    this.#pace.spend(batch.length);
    if (this.#outbox.hasUnsent) this.#timers.set("pump", Math.max(hold, 50), () => this.#pump());
  }

  #onAck(frame) {
    const command = this.#outbox.find(frame);
    if (!command) return;
    this.#outbox.remove(command);
    if (frame.refused) command.reject?.(new RoomError("rejected", "This command had been refused before."));
    else command.resolve?.(frame);
    this.#pendingChanged();
    this.#pump();
  }

  #onError(frame) {
    const error = new RoomError(frame.code, frame.message, frame.retry === true);
    const page = this.#pages.get(frame.id);
    if (page) {
      this.#pages.delete(frame.id);
      return page.reject(error);
    }
    const command = this.#outbox.find(frame);
    if (command) return this.#onRefusedCommand(command, frame, error);
    const ends = !this.#joined && !error.retry && frame.code !== "gone" && frame.code !== "unauthenticated";
    if (ends) return this.#stop(error.code, error.message);
    this.#emit("refused", error);
    // A session that is `gone` is followed by a welcome with a new one, a bad token by a close.
    if (this.#joined || !error.retry) return;
    this.#timers.clear("deadline");
    this.#timers.set("join", frame.retryAfterMs ?? 1_000, () => {
      this.#write({ type: "join", id: this.#nextId++, room: this.id, ...this.#position() });
      this.#expectJoined();
    });
  }

  #onRefusedCommand(command, frame, error) {
    if (!error.retry) {
      this.#outbox.remove(command);
      command.reject?.(error);
      this.#emit("refused", error);
      this.#pendingChanged();
      return this.#pump();
    }
    // Go back to this number and send all from there again, in order. An answer to an earlier sending says nothing new.
    if (!command.sent || (frame.id !== undefined && frame.id !== command.id)) return;
    this.#outbox.resendFrom(command.cmd);
    this.#holdUntil = Date.now() + (frame.retryAfterMs ?? BACKOFF_FIRST_MS);
    if (frame.code !== "out_of_order") this.#emit("refused", error);
    this.#pump();
  }

  // ---- small things ----

  #write(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #setStatus(status, text, retryInMs) {
    this.#status = { status, text, retryInMs };
    this.#emit("status", this.#status);
  }

  #pendingChanged() {
    this.#emit("pending", this.pending);
  }

  #emit(name, value) {
    for (const callback of this.#listeners.get(name) ?? []) {
      try {
        callback(value);
      } catch (error) {
        reportError(error); // one listener's bug does not cost the others their event
      }
    }
  }
}

/** The session and its unanswered commands in `cmd` order, mirrored in sessionStorage so that a reload goes on. */
class Outbox {
  session = null;
  #key = null;
  #next = 1;
  #commands = [];

  get size() { return this.#commands.length; }
  get unanswered() { return this.#commands.filter((command) => command.sent).length; }
  get hasUnsent() { return this.#commands.some((command) => !command.sent); }
  get pending() {
    return this.#commands.filter((command) => !command.happened).map(({ cmd, name, data }) => ({ cmd, name, data }));
  }

  /** From now on kept under `key`; what an earlier page left there goes first. */
  open(key) {
    if (key === this.#key) return;
    const early = this.#commands;
    const stored = JSON.parse(read(key) ?? "{}");
    this.#key = key;
    this.session = stored.session ?? null;
    this.#next = stored.next ?? 1;
    this.#commands = stored.commands ?? [];
    this.#renumber(early);
  }

  add(name, data) {
    return new Promise((resolve, reject) => this.#renumber([{ name, data, resolve, reject }]));
  }

  /**
   * Takes the server's session. When it is another than ours, the numbers begin again, and a command that had been sent
   * is given up, because sending it again under a new number could make it happen twice. Returns how many those were.
   */
  useSession(session) {
    if (session === this.session) return 0;
    const tried = this.#commands.filter((command) => command.tried);
    const untried = this.#commands.filter((command) => !command.tried);
    this.session = session;
    this.#next = 1;
    this.#commands = [];
    this.#renumber(untried);
    const error = new RoomError("gone", "The session ended; the outcome of this command is not known.");
    for (const command of tried) command.reject?.(error);
    return tried.length;
  }

  /** The next `count` commands to send, marked as sent, on disk before they are on the wire. */
  take(count) {
    const batch = this.#commands.filter((command) => !command.sent).slice(0, Math.max(0, count));
    for (const command of batch) command.sent = command.tried = true;
    if (batch.length > 0) this.#save();
    return batch;
  }

  resendFrom(cmd) {
    for (const command of this.#commands) if (command.cmd >= cmd) command.sent = false;
  }

  find({ cmd, id }) {
    return this.#commands.find((command) => (cmd === undefined ? id !== undefined && command.id === id : command.cmd === cmd));
  }

  /** Its event is here, its ack comes next. */
  happened(cmd) {
    const command = cmd === undefined ? undefined : this.#commands.find((candidate) => candidate.cmd === cmd);
    if (command) command.happened = true;
    return command !== undefined;
  }

  remove(command) {
    this.#commands = this.#commands.filter((other) => other !== command);
    this.#save();
  }

  giveUp(error) {
    for (const command of this.#commands) command.reject?.(error);
  }

  #renumber(commands) {
    for (const command of commands) this.#commands.push({ ...command, cmd: this.#next++ });
    this.#save();
  }

  #save() {
    if (this.#key === null) return;
    const commands = this.#commands.map(({ cmd, name, data, tried }) => ({ cmd, name, data, tried }));
    write(this.#key, JSON.stringify({ session: this.session, next: this.#next, commands }));
  }
}

/** A token bucket a little under the server's, so that a long queue does not run into refusals. */
class Pace {
  #perMs = 0.09;
  #burst = 180;
  #tokens = 180;
  #at = Date.now();

  limit(perSecond = 100, burst = 200) {
    this.#perMs = (perSecond * 0.9) / 1000;
    this.#burst = Math.max(1, burst * 0.9);
  }

  available() {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Date.now() - this.#at) * this.#perMs);
    this.#at = Date.now();
    return Math.floor(this.#tokens);
  }

  spend(count) {
    this.#tokens -= count;
  }
}

class Timers {
  #handles = new Map();

  set(name, delayMs, callback) {
    clearTimeout(this.#handles.get(name));
    this.#handles.set(name, setTimeout(() => {
      this.#handles.delete(name);
      callback();
    }, delayMs));
  }

  has(name) { return this.#handles.has(name); }

  clear(name) {
    for (const [key, handle] of this.#handles) {
      if (name !== undefined && key !== name) continue;
      clearTimeout(handle);
      this.#handles.delete(key);
    }
  }
}

/** What a JWT says about itself, unchecked (checking is the server's work), or null. */
export function claimsOf(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (char) => char.charCodeAt(0))));
  } catch {
    return null;
  }
}

// Storage may be forbidden or full; then a reload forgets, and nothing else changes.
function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // as above
  }
}
