/** What a close code asks of the client (PROTOCOL.md, "Close codes"). */
export type AfterClose = {
    then: "stop";
    code: string;
    message: string;
} | {
    then: "token";
} | {
    then: "now";
} | {
    then: "backoff";
    attemptMin: number;
};
export declare function afterClose(code: number, reason?: string): AfterClose;
/** Full jitter: anything from nothing to a window that doubles with each attempt, the first being 0. */
export declare const backoffMs: (attempt: number, random: number, maxMs?: number) => number;
