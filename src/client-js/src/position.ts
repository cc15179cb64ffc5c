import type { JoinedFrame, ResetFrame } from "./frames.ts";

/** Where a room's stream has been read to. Pure. */
export class Position {
  #epoch: string | undefined;
  #seq: number | undefined;
  /** Past events may come first, the first of them above this. */
  #historyAfter: number | undefined;

  get epoch(): string | undefined { return this.#epoch; }
  get seq(): number { return this.#seq ?? 0; }
  get isKnown(): boolean { return this.#seq !== undefined; }

  /** What a join says of it. The server uses `history` where it cannot serve `since`. */
  resume(history: number): { since?: number; epoch?: string; history?: number } {
    // Where the connection went before the first past event, we have none of them and ask anew.
    const isWhole = this.#seq !== undefined && this.#historyAfter === undefined;
    return {
      ...(isWhole ? { since: this.#seq as number, epoch: this.#epoch as string } : {}),
      ...(history > 0 ? { history } : {}),
    };
  }

  start({ epoch, seq }: JoinedFrame | ResetFrame, history = 0): void {
    this.#epoch = epoch;
    this.#seq = seq;
    this.#historyAfter = history > 0 && seq > 0 ? Math.max(0, seq - history) : undefined;
  }

  /** Whether an event is the next one; it then counts as read. */
  take(seq: number): "next" | "repeat" | "gap" {
    const last = this.seq;
    if (this.#historyAfter !== undefined && seq > this.#historyAfter && seq <= last) this.#seq = seq - 1;
    if (seq <= this.seq) return "repeat";
    if (seq > this.seq + 1) return "gap";
    this.#historyAfter = undefined;
    this.#seq = seq;
    return "next";
  }
}
