import type { Clock } from "./clock.js";
/** A token bucket a little under the server's, so that a long queue does not run into refusals. One for all rooms. */
export declare class Pace {
    #private;
    constructor(clock: Clock);
    limit(perSecond?: number, burst?: number): void;
    /** Takes one; false where it must wait for `waitMs`. */
    tryTake(): boolean;
    get waitMs(): number;
}
