/** What a command's promise resolves to. */
export interface Sent<TResult = unknown> {
    seq: number;
    /** What the room's handler returned, up to 4 KiB. Absent where the answer is to a repeat and newer ones have followed. */
    result?: TResult;
    /** It had taken effect by an earlier try; `seq` is then an upper bound. */
    dup?: boolean;
}
/** A command on its way. `cmd` is drawn when it is first sent, so that what was never sent can be taken back without a trace. */
export interface Command {
    readonly name: string;
    readonly data: unknown;
    cmd?: number | undefined;
    /** The stream that it was first sent to. */
    epoch?: string | undefined;
    /** Its event has come, its ack comes next. */
    happened?: boolean;
}
/** What outlives the page. */
export interface StoredCommands {
    next: number;
    commands: Command[];
}
