import type { Clock, Timers } from "./clock.ts";
import type { Requests } from "./requests.ts";

const ANSWER_WITHIN_MS = 20_000;
const PONG_WITHIN_MS = 5_000;
/** A timer later than this says that the tab slept, so that nobody could have been heard. */
const SLEPT_MS = 2_000;

/**
 * Whether anybody is at the other end of a connection that does not say so itself: silence is asked after by a ping, and requests must be answered.
 * Its timers are its link's, which clears them with the connection.
 * @internal
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #requests: Requests;
  readonly #ping: () => void;
  readonly #onDead: () => void;
  #heardAt = 0;

  constructor(clock: Clock, timers: Timers, requests: Requests, ping: () => void, onDead: () => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#requests = requests;
    this.#ping = ping;
    this.#onDead = onDead;
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  /** The server sends `head` with each of its pings, so a longer silence than that is worth a question. */
  watch(pingMs: number): void {
    this.#timers.set("silence", pingMs * 1.5, () => {
      if (this.#clock.now() - this.#heardAt >= pingMs && !this.#timers.has("pong")) this.probe();
      this.watch(pingMs);
    });
  }

  probe(): void {
    const asked = this.#clock.now();
    this.#ping();
    this.#timers.set("pong", PONG_WITHIN_MS, (lateMs) => {
      if (this.#heardAt >= asked) return;
      if (lateMs > SLEPT_MS) this.probe(); // we slept, not the server
      else this.#onDead();
    });
  }

  /** Every request is answered within seconds, by the protocol. What is not was lost, and a new connection asks again. */
  expectAnswer(): void {
    if (!this.#timers.has("answer")) this.#timers.set("answer", ANSWER_WITHIN_MS, this.#onAnswerDue);
  }

  readonly #onAnswerDue = (lateMs: number): void => {
    const oldestAt = this.#requests.oldestAt;
    if (oldestAt === undefined) return;
    const leftMs = oldestAt + ANSWER_WITHIN_MS - this.#clock.now();
    if (leftMs <= 0 && lateMs <= SLEPT_MS) return this.#onDead();
    this.#timers.set("answer", Math.max(leftMs, PONG_WITHIN_MS), this.#onAnswerDue);
  };
}
