/** Time and chance, so that tests bring their own. */
export interface Clock {
  /** Milliseconds that only ever grow; for all waiting. */
  now(): number;
  /** Unix milliseconds, for comparison with what a server said. */
  wall(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  /** From 0 to below 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  random: () => Math.random(),
};

/** Longer delays make a browser's timer fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

interface Entry {
  at: number;
  run: (lateMs: number) => void;
  handle: unknown;
}

/**
 * Named timers; setting one replaces it. A background tab runs its timers late, a sleeping laptop not at all: each keeps
 * its deadline, `catchUp` runs what is due, and `run` is told how late it is.
 */
export class Timers {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(name: string, delayMs: number, run: (lateMs: number) => void): void {
    this.clear(name);
    const entry: Entry = { at: this.#clock.now() + Math.max(0, delayMs), run, handle: undefined };
    this.#entries.set(name, entry);
    this.#arm(name, entry);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  clear(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#clock.clearTimeout(entry.handle);
    this.#entries.delete(name);
  }

  clearAll(): void {
    for (const name of [...this.#entries.keys()]) this.clear(name);
  }

  catchUp(): void {
    for (const [name, entry] of [...this.#entries]) {
      if (entry.at <= this.#clock.now() && this.#entries.get(name) === entry) this.#fire(name, entry);
    }
  }

  #arm(name: string, entry: Entry): void {
    const left = entry.at - this.#clock.now();
    entry.handle = left > DELAY_MS_MAX
      ? this.#clock.setTimeout(() => this.#arm(name, entry), DELAY_MS_MAX)
      : this.#clock.setTimeout(() => this.#fire(name, entry), left);
  }

  #fire(name: string, entry: Entry): void {
    this.clear(name);
    entry.run(Math.max(0, this.#clock.now() - entry.at));
  }
}
