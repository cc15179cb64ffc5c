import { Emitter } from "./emitter.ts";
import { EdgeRoomsError, errorOf } from "./error.ts";
import type {
  Ephemeral, ErrorFrame, JoinedFrame, Member, MembersFrame, ResetFrame, RoomEvent, ServerFrame,
} from "./frames.ts";
import { eventOf } from "./frames.ts";
import { Healing } from "./healing.ts";
import type { Hub } from "./hub.ts";
import { Outbox } from "./outbox.ts";
import { Position } from "./position.ts";
import { StateView, type Apply } from "./state-view.ts";
import { Timers } from "./clock.ts";
import { backoffMs } from "./closing.ts";

/** `offline`: waiting to try again; `resuming`: coming back into a room that was live before. */
export type RoomStatus = "connecting" | "live" | "resuming" | "offline" | "closed";

/** The events do not go on from what came before: forget it, and go on from the state that comes with it. */
export interface Reset {
  /** `epoch`: the stream was replaced; `trimmed`: what was missed is not kept any more; `missed`: too much was missed. */
  reason: string;
  epoch: string;
  seq: number;
}

export type RoomEvents = {
  event: [event: RoomEvent];
  state: [state: unknown, seq: number];
  members: [members: readonly Member[]];
  ephemeral: [ephemeral: Ephemeral];
  status: [status: RoomStatus];
  reset: [reset: Reset];
  error: [error: EdgeRoomsError];
};

export interface RoomOptions {
  /** My presence data; replaced by `room.presence(data)`. */
  presence?: unknown;
  /** How many past events come first, at most. */
  history?: number;
}

/**
 * A client's place in one room, shared by all handles that were opened for it: joins on each connection, reads the stream without a hole or a
 * repeat, keeps members and state. Driven by its hub; ends when the last handle has left and no command waits, or when the server refuses it.
 * @internal
 */
export class Membership extends Emitter<RoomEvents> {
  readonly id: string;
  readonly outbox: Outbox;
  readonly view = new StateView();
  readonly position = new Position();
  readonly #hub: Hub;
  readonly #timers: Timers;
  readonly #members = new Map<string, Member>();
  readonly #healing: Healing;
  #options: RoomOptions;
  #handles = 1;
  #status: RoomStatus = "connecting";
  #isJoined = false;
  #wasLive = false;
  #isClosed = false;
  #joinsRefused = 0;
  #me: string | undefined;
  #head = 0;

  constructor(id: string, options: RoomOptions, hub: Hub) {
    super();
    this.id = id;
    this.#options = options;
    this.#hub = hub;
    this.#timers = new Timers(hub.clock);
    this.#healing = new Healing(this.position, hub, id, (event) => this.#onEvent(event));
    const kept = hub.session.commandsOf(id);
    this.outbox = new Outbox(this.#outboxOwner(), hub.queueMax, kept?.stored);
    if (kept && !kept.isOfThisSession) this.outbox.newSession();
  }

  get status(): RoomStatus { return this.#status; }
  get me(): string | undefined { return this.#me; }
  get head(): number { return Math.max(this.#head, this.position.seq); }
  get members(): readonly Member[] { return [...this.#members.values()]; }

  // ---- its handles ----

  /** One more; the first is there from the start. */
  acquire(options: RoomOptions): void {
    this.#handles++;
    if ("presence" in options) this.presence(options.presence);
  }

  /** The last one ends the membership when its commands are answered; at the end of this task, so that one who leaves and comes keeps it. */
  release(): void {
    this.#handles--;
    queueMicrotask(() => this.#leaveIfDone());
  }

  presence(data: unknown): void {
    this.#options = { ...this.#options, presence: data };
    if (this.#isJoined) this.#hub.link.write({ type: "presence", room: this.id, data: data ?? null });
  }

  /** Dropped while there is no connection, as it may be anyway. */
  ephemeral(name: string, data: unknown): void {
    if (this.#isJoined) this.#hub.link.write({ type: "ephemeral", room: this.id, name, data: data ?? null });
  }

  use(apply: Apply<unknown>, initial?: unknown): void {
    if (!this.view.use(apply, initial)) {
      throw new EdgeRoomsError(
        "state_lost", "Too many events have passed for a reducer to begin. Call optimistic() or doc() right after client.room().", this.id);
    }
    this.#rebase(true);
  }

  // ---- the connection ----

  /** The socket is open: ask to be let in. */
  join(): void {
    if (this.#isClosed) return;
    this.#setStatus();
    const { presence, history = 0 } = this.#options;
    this.#hub.link.request(
      { type: "join", room: this.id, ...this.position.resume(history), ...(presence === undefined ? {} : { data: presence }) },
      (answer) => {
        if (this.#isClosed) return;
        if (answer?.type === "joined") this.#onJoined(answer);
        else if (answer?.type === "error") this.#onJoinRefused(answer);
      });
  }

  down(): void {
    this.#isJoined = false;
    this.#timers.clearAll();
    this.#healing.stop();
    this.outbox.shut();
  }

  onFrame(frame: ServerFrame): void {
    if (!this.#isJoined) return; // of a membership before this one
    switch (frame.type) {
      case "event": return this.#onEvent(frame);
      case "members": return this.#onMembers(frame);
      case "ephemeral": return this.emit("ephemeral", { name: frame.name, data: frame.data, by: frame.by, member: frame.member });
      case "head":
        this.#head = frame.seq;
        return this.#healing.sees(frame.seq);
      case "reset":
        this.#head = frame.seq;
        return this.#start(frame, frame.reason);
      case "error": return this.emit("error", errorOf(frame));
      case "left": return this.close("forbidden", "You are no longer allowed in this room. Bring a token that grants 'join' and open it again.");
    }
  }

  /** Ends it; what waits is rejected. */
  close(code: string, why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.down();
    this.#hub.forget(this);
    this.outbox.giveUp(code, why);
    if (code !== "closed") this.emit("error", new EdgeRoomsError(code, why, this.id));
    this.#setStatus();
  }

  onLinkStatus(): void {
    this.#setStatus();
  }

  // ---- frames ----

  #onJoined(frame: JoinedFrame): void {
    this.#isJoined = true;
    this.#joinsRefused = 0;
    this.#me = frame.member;
    this.#head = frame.seq;
    if (frame.recovered && this.position.isKnown) this.#rebase(false);
    else this.#start(frame, this.position.isKnown ? "missed" : undefined);
    if (frame.members) {
      this.#members.clear();
      this.#onMembers({ joined: frame.members });
    }
    this.#wasLive = true;
    this.#setStatus();
    this.outbox.open();
    this.#leaveIfDone();
  }

  #onJoinRefused(frame: ErrorFrame): void {
    if (frame.code === "gone" && !frame.retry && this.#joinsRefused++ === 0) return this.#hub.renewSession();
    if (!frame.retry) return this.close(frame.code, frame.message);
    const waitMs = frame.retryAfterMs ?? backoffMs(this.#joinsRefused++, this.#hub.clock.random());
    this.#timers.set("join", waitMs, () => this.join());
  }

  #start(frame: JoinedFrame | ResetFrame, reason: string | undefined): void {
    this.#healing.stop();
    this.position.start(frame, frame.type === "joined" ? this.#options.history : 0);
    this.view.start(frame);
    if (reason !== undefined) this.emit("reset", { reason, epoch: frame.epoch, seq: frame.seq });
    this.view.rebase(this.outbox.pending);
    if ("state" in frame || this.view.hasReducer) this.#emitState();
  }

  #onEvent(frame: RoomEvent): void {
    const { seq, member, cmd } = frame;
    const place = this.position.take(seq);
    if (place === "gap") return this.#healing.sees(seq);
    if (place === "repeat") return;
    const event = eventOf(frame);
    if (cmd !== undefined && member === this.#me) this.outbox.happened(cmd);
    this.view.fold(event);
    this.view.rebase(this.outbox.pending);
    this.emit("event", event);
    if (this.view.hasReducer) this.#emitState();
  }

  #onMembers({ all, joined = [], left = [], updated = [] }: Omit<MembersFrame, "type" | "room">): void {
    if (all) for (const member of this.#members.keys()) if (member !== this.#me) this.#members.delete(member);
    for (const member of [...joined, ...updated]) this.#members.set(member.member, member);
    for (const { member } of left) this.#members.delete(member);
    this.emit("members", this.members);
  }

  // ---- small things ----

  #leaveIfDone(): void {
    if (this.#handles > 0 || this.#isClosed || !this.outbox.isEmpty) return;
    this.#hub.link.request({ type: "leave", room: this.id }, () => {}); // also where the join is still on its way
    this.close("closed", "The room was left.");
  }

  #rebase(always: boolean): void {
    if (!this.view.hasReducer || !this.view.isKnown) return;
    if (this.view.rebase(this.outbox.pending) || always) this.#emitState();
  }

  #emitState(): void {
    this.emit("state", this.view.value, this.view.seq);
  }

  #setStatus(): void {
    const link = this.#hub.link.status;
    const status = this.#isClosed || link === "closed" ? "closed"
      : this.#isJoined ? "live"
      : link === "offline" ? "offline"
      : this.#wasLive ? "resuming" : "connecting";
    if (status === this.#status) return;
    this.#status = status;
    this.emit("status", status);
  }

  #outboxOwner() {
    const hub = this.#hub;
    const position = this.position;
    return {
      room: this.id,
      clock: hub.clock,
      pace: hub.pace,
      get frameBytesMax() { return hub.frameBytesMax; },
      get bufferedBytes() { return hub.link.bufferedBytes; },
      get epoch() { return position.epoch; },
      request: hub.link.request.bind(hub.link),
      onPending: () => {
        this.#rebase(false);
        this.#leaveIfDone();
      },
      onAck: (seq: number) => this.#healing.sees(seq),
      onRefused: (error: EdgeRoomsError) => this.emit("error", error),
      save: (read: Parameters<Hub["session"]["saveCommands"]>[1]) => hub.session.saveCommands(this.id, read),
      restart: () => hub.link.restart(),
      renewSession: () => hub.renewSession(),
    };
  }
}
