import type { ServerFrame } from "./frames.ts";

/** An answer by `id`; null where the connection went before it came. */
export type Answer = ServerFrame | null;

interface Request {
  at: number;
  answer: (answer: Answer) => void;
}

/** What waits for an answer by `id` on one connection, oldest first. An id is never used again, so an answer that comes twice finds nobody. */
export class Requests {
  readonly #open = new Map<number, Request>();
  #nextId = 1;

  /** When the oldest was sent; undefined where none waits. */
  get oldestAt(): number | undefined {
    const [oldest] = this.#open.values();
    return oldest?.at;
  }

  add(at: number, answer: (answer: Answer) => void): number {
    const id = this.#nextId++;
    this.#open.set(id, { at, answer });
    return id;
  }

  answer(id: number, frame: Answer): void {
    const request = this.#open.get(id);
    this.#open.delete(id);
    request?.answer(frame);
  }

  /** The connection is gone. */
  drop(): void {
    for (const id of [...this.#open.keys()]) this.answer(id, null);
  }
}
