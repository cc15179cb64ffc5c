import type { RoomEvent } from "./frames.ts";
import type { Command } from "./command.ts";
import { call } from "./emitter.ts";

/** What a reducer folds: an event of the log, or an own command that has no event yet. */
export type Change = ({ type: "event" } & RoomEvent) | { type: "command"; name: string; data: unknown };

/** Returns the next state and leaves the given one as it is. */
export type Apply<TState> = (state: TState, change: Change) => TState;

/** Events kept for a reducer that is given late. */
const TAIL_MAX = 500;

/**
 * A room's state here: what the server told, the events since folded over it, and own unanswered commands over that. Commands are
 * applied anew over each event (rebase), so what another did in between is under them.
 * @internal
 */
export class StateView<TState = unknown> {
  #confirmed: unknown;
  #seq: number | undefined;
  #initial: unknown;
  #startSeq = 0;
  #view: unknown;
  #apply: Apply<TState> | undefined;
  /** Events since the state while there is no reducer; undefined when there were too many. */
  #tail: RoomEvent[] | undefined = [];

  get value(): TState | undefined { return this.#view as TState | undefined; }
  get seq(): number { return this.#seq ?? 0; }
  get isKnown(): boolean { return this.#seq !== undefined; }
  get hasReducer(): boolean { return this.#apply !== undefined; }

  /** `initial` is for rooms whose kind tells no state. False where events have passed that it cannot fold any more. */
  use(apply: Apply<TState>, initial?: TState): boolean {
    const tail = this.#tail;
    if (!tail) return false;
    this.#apply = apply;
    this.#initial = initial;
    this.#tail = [];
    if (this.#seq === undefined) return true;
    this.#confirmed ??= initial;
    this.#seq = this.#startSeq;
    for (const event of tail) this.fold(event);
    return true;
  }

  /** From a `joined` or `reset`. Without a state in it, all events that come are folded over the initial one, also past ones. */
  start(frame: { seq: number; state?: unknown }): void {
    const hasState = "state" in frame;
    this.#confirmed = hasState ? frame.state : this.#initial;
    this.#seq = this.#startSeq = hasState ? frame.seq : 0;
    this.#tail = [];
  }

  /** Past events below the state are in it already. */
  fold(event: RoomEvent): void {
    if (this.#seq === undefined || event.seq <= this.#seq) return;
    this.#seq = event.seq;
    if (this.#apply) this.#confirmed = this.#step(this.#confirmed, { type: "event", ...event });
    else if (this.#tail && this.#tail.length < TAIL_MAX) this.#tail.push(event);
    else this.#tail = undefined;
  }

  /** The view with these commands on top; true where it is another value than before. */
  rebase(pending: readonly Command[]): boolean {
    const before = this.#view;
    this.#view = this.#confirmed;
    if (this.#apply && this.isKnown) {
      for (const { name, data } of pending) this.#view = this.#step(this.#view, { type: "command", name, data });
    }
    return this.#view !== before;
  }

  /** A reducer that throws is an author's bug; its change is passed over. */
  #step(state: unknown, change: Change): unknown {
    let next = state;
    call(() => { next = this.#apply!(state as TState, change); }); // checked by both callers
    return next;
  }
}
