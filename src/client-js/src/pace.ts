import type { Clock } from "./clock.ts";

/** A token bucket a little under the server's, so that a long queue does not run into refusals. One for all rooms. */
export class Pace {
  static readonly #SHARE = 0.9;
  readonly #clock: Clock;
  #perMs = 0;
  #burst = 0;
  #tokens = 0;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.now();
    this.limit();
  }

  limit(perSecond = 100, burst = 200): void {
    const size = Math.max(1, burst * Pace.#SHARE);
    if (size !== this.#burst) this.#tokens = size; // else it is the bucket that we have drawn from already
    this.#perMs = (perSecond * Pace.#SHARE) / 1000;
    this.#burst = size;
  }

  /** Takes one; false where it must wait for `waitMs`. */
  tryTake(): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  get waitMs(): number {
    return Math.ceil((1 - this.#tokens) / this.#perMs);
  }
}
