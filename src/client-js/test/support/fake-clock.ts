import type { Clock } from "../../src/clock.ts";

/** Time that passes when told, and chance from a seed. */
export class FakeClock implements Clock {
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  readonly #random: () => number;
  /** Every draw, where set. */
  chance: number | undefined;
  #now = 1_000;
  #next = 1;

  constructor(seed = 1) {
    this.#random = randomOf(seed);
  }

  now(): number { return this.#now; }
  wall(): number { return 1_700_000_000_000 + this.#now; }
  random(): number { return this.chance ?? this.#random(); }
  get waiting(): number { return this.#timers.size; }

  setTimeout(callback: () => void, delayMs: number): unknown {
    this.#timers.set(this.#next, { at: this.#now + Math.max(0, delayMs), callback });
    return this.#next++;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  /** Passes time from timer to timer; what promises make of each has happened before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let due = this.#due(until); due; due = this.#due(until)) {
      this.#timers.delete(due.handle);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await settled();
    }
    this.#now = until;
  }

  /** Time passes, no timer runs: a tab that sleeps. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  #due(until: number): { handle: number; at: number; callback: () => void } | undefined {
    let first: { handle: number; at: number; callback: () => void } | undefined;
    for (const [handle, timer] of this.#timers) {
      if (timer.at <= until && (!first || timer.at < first.at)) first = { handle, ...timer };
    }
    return first;
  }
}

/** All that promises lead to has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Mulberry32: numbers from 0 to below 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
