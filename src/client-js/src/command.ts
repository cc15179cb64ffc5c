import type { Clock } from "./clock.ts";
import type { EdgeRoomsError } from "./error.ts";
import type { RequestFrame } from "./frames.ts";
import type { Pace } from "./pace.ts";
import type { Answer } from "./requests.ts";

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

/** @internal */
export interface OutboxOwner {
  readonly room: string;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly frameBytesMax: number;
  readonly bufferedBytes: number;
  readonly epoch: string | undefined;
  request(frame: RequestFrame, answer: (answer: Answer) => void): void;
  /** The commands have changed: for the optimistic state. */
  onPending(): void;
  /** The room had this seq when it answered, and its events come before its answer. */
  onAck(seq: number): void;
  onRefused(error: EdgeRoomsError): void;
  save(read: () => StoredCommands): void;
  /** A fresh connection is needed. */
  restart(): void;
  /** The room has forgotten our session. */
  renewSession(): void;
}
