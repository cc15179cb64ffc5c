import type { ErrorFrame } from "./frames.ts";

/**
 * What went wrong, for which room, and what to do. `code` is one of the protocol's (`rejected`, `forbidden`,
 * `unavailable`, …) or one of the client's own:
 *
 * | code | meaning |
 * |---|---|
 * | `outcome_unknown` | the command was sent, its session or room ended before the answer: it took effect or it did not |
 * | `aborted` | given up by its AbortSignal; it has not taken effect |
 * | `queue_full` | too many commands wait; try again when some have been answered |
 * | `closed` | the room or client was closed; the command was never sent |
 * | `state_lost` | a reducer came too late for a busy room |
 * | `user_changed` | the token is another user's now; what waited was not theirs to send |
 * | `replaced` | another connection (a duplicated tab?) goes on with this session |
 * | `kicked` | the server ended this connection for good |
 * | `unsupported` | the platform lacks something; the message names the option that brings it |
 */
export class EdgeRoomsError extends Error {
  override readonly name = "EdgeRoomsError";
  readonly code: string;
  readonly room: string | undefined;
  /** Whether the same again may succeed. */
  readonly retry: boolean;

  constructor(code: string, message: string, room?: string, retry = false) {
    super(room === undefined ? message : `${room}: ${message}`);
    this.code = code;
    this.room = room;
    this.retry = retry;
  }
}

/** @internal */
export const errorOf = ({ code, message, room, retry }: ErrorFrame, inRoom = room) =>
  new EdgeRoomsError(code, message, inRoom, retry === true);
