import type { PageFrame, RoomEvent } from "./frames.ts";
import type { Hub } from "./hub.ts";
import type { Position } from "./position.ts";

const PAGE_EVENTS = 500;

/**
 * Closes a hole that the live link left. The missing events are asked for by `history` frames and go the way of live ones, which drops what comes
 * twice; live events beyond the hole are not kept, only their seq, since the pages bring them too.
 *
 * Why not join again: a join of a joined room replays nothing, and a leave before it is seen by everyone and runs the room's OnLeft. Where `history`
 * is not granted, fails, or does not go on from our seq (trimmed), a fresh connection resumes by `since`: the session's member stays in its
 * grace, so nobody notices either, and the server then says where to go on. That way always works; it is second because it costs all rooms of
 * the client a reconnect. A page tells no epoch: if the stream is replaced in this moment, the `reset` behind it puts that right.
 * @internal
 */
export class Healing {
  readonly #position: Position;
  readonly #hub: Hub;
  readonly #room: string;
  readonly #onEvent: (event: RoomEvent) => void;
  #target = 0;
  /** Grows with each stop: an answer to an earlier healing is not heard. */
  #turn = 0;
  #isAsking = false;

  constructor(position: Position, hub: Hub, room: string, onEvent: (event: RoomEvent) => void) {
    this.#position = position;
    this.#hub = hub;
    this.#room = room;
    this.#onEvent = onEvent;
  }

  /** The room is known to have this seq. */
  sees(seq: number): void {
    this.#target = Math.max(this.#target, seq);
    if (!this.#isAsking && this.#position.seq < this.#target) this.#ask();
  }

  stop(): void {
    this.#turn++;
    this.#target = 0;
    this.#isAsking = false;
  }

  #ask(): void {
    const turn = this.#turn;
    const after = this.#position.seq;
    this.#isAsking = true;
    this.#hub.link.request({ type: "history", room: this.#room, after, limit: PAGE_EVENTS }, (answer) => {
      if (turn !== this.#turn) return;
      this.#isAsking = false;
      if (answer?.type === "page") this.#onPage(answer, after);
      else if (answer) this.#hub.link.restart();
    });
  }

  #onPage({ events }: PageFrame, after: number): void {
    const turn = this.#turn;
    for (const event of events) {
      if (event.seq > this.#position.seq + 1) break; // trimmed
      this.#onEvent(event);
      if (turn !== this.#turn) return;
    }
    if (this.#position.seq >= this.#target) return;
    if (this.#position.seq > after) this.#ask();
    else this.#hub.link.restart();
  }
}
