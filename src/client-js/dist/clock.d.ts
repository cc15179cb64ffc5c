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
export declare const systemClock: Clock;
/**
 * Named timers; setting one replaces it. A background tab runs its timers late, a sleeping laptop not at all: each keeps
 * its deadline, `catchUp` runs what is due, and `run` is told how late it is.
 */
export declare class Timers {
    #private;
    constructor(clock: Clock);
    set(name: string, delayMs: number, run: (lateMs: number) => void): void;
    has(name: string): boolean;
    clear(name: string): void;
    clearAll(): void;
    catchUp(): void;
}
