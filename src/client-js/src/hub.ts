import type { Clock } from "./clock.ts";
import type { PageFrame } from "./frames.ts";
import type { Link } from "./link.ts";
import type { Membership } from "./membership.ts";
import type { Pace } from "./pace.ts";
import type { Session } from "./session.ts";

/** What all rooms of a client share. @internal */
export interface Hub {
  readonly link: Link;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly session: Session;
  /** Commands that may wait in one room. */
  readonly queueMax: number;
  readonly frameBytesMax: number;
  /** A membership has ended. */
  forget(membership: Membership): void;
  /** Our session is of no use any more: come back without one. */
  renewSession(): void;
  /** A page of past events, as soon as there is a connection. */
  page(room: string, after: number, limit: number): Promise<PageFrame>;
  /** The state as it was. */
  stateAt(room: string, seq: number): Promise<unknown>;
}
