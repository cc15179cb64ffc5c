import { Doc, applyDoc } from "./doc.ts";
import { EdgeRoomsError } from "./error.ts";
import type { Member, RoomEvent } from "./frames.ts";
import { eventOf } from "./frames.ts";
import type { Hub } from "./hub.ts";
import type { Membership, RoomEvents, RoomStatus } from "./membership.ts";
import type { Sent } from "./command.ts";
import { checkPayload } from "./payload.ts";
import type { Apply } from "./state-view.ts";

const PAGE_EVENTS = 500;

export interface SendOptions {
  /** Gives the command up: never sent, it is gone; sent, the server is asked to skip it, and it may have taken effect after all. */
  signal?: AbortSignal;
}

export interface HistoryOptions {
  /** The seq before the first one wanted; 0, the beginning, by default. */
  after?: number;
}

/** What a listener of a room is given, by the name of what happens. */
export type RoomHappenings<TState> = Omit<RoomEvents, "state"> & { state: [state: TState, seq: number] };

/**
 * A room that was opened. Events come once each and in order, across lost connections and server restarts; each command settles once.
 *
 * | `on` | listener gets | when |
 * |---|---|---|
 * | `event` | `RoomEvent` | the next event; with `history` some past ones come first |
 * | `state` | state, seq | the server told it, or the reducer made it (`optimistic`, `doc`) |
 * | `members` | all members | somebody came, went or changed |
 * | `ephemeral` | `Ephemeral` | something that is not stored |
 * | `status` | `connecting`, `live`, `resuming`, `offline`, `closed` | it changed |
 * | `reset` | `Reset` | forget the events so far; the state that follows is where to go on |
 * | `error` | `EdgeRoomsError` | a command was refused (its promise rejects, too), or the room ended |
 *
 * `state`, `members` and `status` are told to a new listener at once where they are known.
 */
export class Room<TState = unknown> {
  readonly #membership: Membership;
  readonly #hub: Hub;
  readonly #endings = new Set<() => void>();
  #isLeft = false;

  /** @internal */
  constructor(membership: Membership, hub: Hub) {
    this.#membership = membership;
    this.#hub = hub;
  }

  get id(): string { return this.#membership.id; }
  get status(): RoomStatus { return this.#isLeft ? "closed" : this.#membership.status; }
  /** The last state known, own unanswered commands included where there is a reducer. */
  get state(): TState | undefined { return this.#membership.view.value as TState | undefined; }
  /** Of the last event that came. */
  get seq(): number { return this.#membership.position.seq; }
  /** The room's last event as the server told it; above `seq` while what was missed is still coming. */
  get head(): number { return this.#membership.head; }
  get epoch(): string | undefined { return this.#membership.position.epoch; }
  get members(): readonly Member[] { return this.#membership.members; }
  /** My `member` id in this room. */
  get me(): string | undefined { return this.#membership.me; }
  /** Own commands that have neither event nor answer. */
  get pending(): readonly { name: string; data: unknown }[] { return this.#membership.outbox.pending; }

  /** Calls back whenever it happens; returns what ends that. */
  on<K extends keyof RoomEvents>(name: K, listener: (...args: RoomHappenings<TState>[K]) => void): () => void {
    const own = listener as (...args: RoomEvents[K]) => void; // the state's type is the caller's word
    const off = this.#membership.on(name, own);
    const end = () => {
      off();
      this.#endings.delete(end);
    };
    this.#endings.add(end);
    queueMicrotask(() => {
      const current = this.#currentOf(name);
      if (current && this.#endings.has(end)) own(...current as RoomEvents[K]);
    });
    return end;
  }

  /**
   * Sends a command. Resolves once after its events are stored, whatever connections break meanwhile; rejects with an `EdgeRoomsError` when
   * the room says no, or when nobody can know any more (`outcome_unknown`).
   */
  send<TResult = unknown>(name: string, data?: unknown, { signal }: SendOptions = {}): Promise<Sent<TResult>> {
    const sent = this.#send(name, data, signal);
    sent.catch(() => {}); // also told by `error`, so who does not wait for it need not catch it
    return sent as Promise<Sent<TResult>>;
  }

  /** To everyone else in the room right now; not stored, may be dropped, and is while there is no connection. */
  ephemeral(name: string, data?: unknown): void {
    checkPayload(this.id, name, data);
    this.#membership.ephemeral(name, data);
  }

  /** Replaces my presence data, which the members see. */
  presence(data: unknown): void {
    checkPayload(this.id, "presence", data);
    this.#membership.presence(data);
  }

  /**
   * Applies own commands at once and every event as it comes; `state` and `on("state")` then follow each. `apply` gets the events and, until
   * those have come, the commands as they were sent. `initial` is for kinds that tell no state. Call it right after `client.room()`.
   */
  optimistic(apply: Apply<TState>, initial?: TState): this {
    this.#membership.use(apply as Apply<unknown>, initial);
    return this;
  }

  /** The document of a room of kind `doc`, changed at once and rebased on the events. */
  doc<TDocument extends object = TState extends object ? TState : Record<string, unknown>>(): Doc<TDocument> {
    if (!this.#membership.view.hasReducer) this.#membership.use(applyDoc);
    return new Doc<TDocument>(this as unknown as Room<TDocument>);
  }

  /** The state as it was after an event; 0 is the initial one. Over HTTP. */
  async at(seq: number): Promise<TState> {
    return await this.#hub.stateAt(this.id, seq) as TState;
  }

  /** Past events up to now, oldest first; waits out lost connections. */
  async *history({ after = 0 }: HistoryOptions = {}): AsyncGenerator<RoomEvent, void, undefined> {
    for (;;) {
      const { events, more } = await this.#hub.page(this.id, after, PAGE_EVENTS);
      yield* events.map(eventOf);
      const last = events.at(-1);
      if (!more || !last) return;
      after = last.seq;
    }
  }

  /**
   * Ends this handle: no listener of it is called any more. The room itself is left when its last handle has been and all its commands have
   * been answered.
   */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    for (const end of this.#endings) end();
    this.#membership.release();
  }

  async #send(name: string, data: unknown, signal: AbortSignal | undefined): Promise<Sent> {
    if (this.status === "closed") {
      throw new EdgeRoomsError("closed", "This room was left or closed, so nothing was sent. Open it again by client.room().", this.id);
    }
    return this.#membership.outbox.add(name, checkPayload(this.id, name, data), signal);
  }

  #currentOf(name: keyof RoomEvents): unknown[] | undefined {
    const { view, me, members, status } = this.#membership;
    if (name === "status") return [status];
    if (name === "members" && me !== undefined) return [members];
    if (name === "state" && view.isKnown && (view.hasReducer || view.value !== undefined)) return [view.value, view.seq];
    return undefined;
  }
}
