/** The frames of `edgerooms.v1`, as PROTOCOL.md has them. Unknown fields and types are ignored. */
/** One entry of a room's log. `by` is null for what the room did by itself. */
export interface RoomEvent {
    seq: number;
    name: string;
    data: unknown;
    by: string | null;
    member?: string;
    cmd?: number;
    /** Unix milliseconds. */
    at: number;
}
/** Somebody in the room; one person with two sessions is two members. */
export interface Member {
    member: string;
    user: string;
    data: unknown;
}
/** Something that is not stored. */
export interface Ephemeral {
    name: string;
    data: unknown;
    by: string | null;
    member: string | null;
}
export interface WelcomeFrame {
    type: "welcome";
    session: string;
    connection: string;
    user: string;
    node: string;
    pingMs: number;
    maxFrameBytes: number;
    commandsPerSecond: number;
    commandBurst: number;
    expiresAt: number;
}
export interface JoinedFrame {
    type: "joined";
    id?: number;
    room: string;
    epoch: string;
    seq: number;
    recovered: boolean;
    member: string;
    state?: unknown;
    members?: Member[];
}
export interface EventFrame extends RoomEvent {
    type: "event";
    room: string;
}
export interface AckFrame {
    type: "ack";
    id?: number;
    room: string;
    cmd?: number;
    seq: number;
    dup?: boolean;
    refused?: boolean;
    skipped?: boolean;
    result?: unknown;
}
export interface ErrorFrame {
    type: "error";
    id?: number;
    room?: string;
    cmd?: number;
    code: string;
    message: string;
    retry: boolean;
    retryAfterMs?: number;
}
export interface EphemeralFrame extends Ephemeral {
    type: "ephemeral";
    room: string;
}
export interface MembersFrame {
    type: "members";
    room: string;
    /** `joined` is all the others, in place of changes that this reader was too slow for. */
    all?: boolean;
    joined?: Member[];
    left?: Member[];
    updated?: Member[];
}
export interface HeadFrame {
    type: "head";
    room: string;
    seq: number;
}
export interface PageFrame {
    type: "page";
    id?: number;
    room: string;
    events: RoomEvent[];
    more: boolean;
}
export interface ResetFrame {
    type: "reset";
    room: string;
    epoch: string;
    seq: number;
    reason: string;
    state?: unknown;
}
export interface GoAwayFrame {
    type: "goaway";
    reason: string;
    minDelayMs: number;
    maxDelayMs: number;
}
export interface LeftFrame {
    type: "left";
    id?: number;
    room: string;
}
export interface AuthedFrame {
    type: "authed";
    id?: number;
    expiresAt: number;
}
export interface PongFrame {
    type: "pong";
    id?: number;
}
export type ServerFrame = WelcomeFrame | JoinedFrame | EventFrame | AckFrame | ErrorFrame | EphemeralFrame | MembersFrame | HeadFrame | PageFrame | ResetFrame | GoAwayFrame | LeftFrame | AuthedFrame | PongFrame;
export interface HelloFrame {
    type: "hello";
    token?: string;
    session?: string;
    client?: string;
}
export interface JoinFrame {
    type: "join";
    id?: number;
    room: string;
    since?: number;
    epoch?: string;
    history?: number;
    data?: unknown;
}
export interface LeaveFrame {
    type: "leave";
    id?: number;
    room: string;
}
export interface SkipFrame {
    type: "skip";
    id?: number;
    room: string;
    cmd: number;
}
/** `epoch` is given with a resend: a number of another stream is refused as `gone` instead of taking effect in this one. */
export interface SendFrame {
    type: "send";
    id?: number;
    room: string;
    cmd?: number;
    name: string;
    data?: unknown;
    epoch?: string;
}
export interface SendEphemeralFrame {
    type: "ephemeral";
    room: string;
    name: string;
    data?: unknown;
}
export interface PresenceFrame {
    type: "presence";
    room: string;
    data: unknown;
}
export interface HistoryFrame {
    type: "history";
    id?: number;
    room: string;
    after: number;
    limit: number;
}
export interface AuthFrame {
    type: "auth";
    id?: number;
    token: string;
}
export interface PingFrame {
    type: "ping";
}
export type ClientFrame = HelloFrame | JoinFrame | LeaveFrame | SkipFrame | SendFrame | SendEphemeralFrame | PresenceFrame | HistoryFrame | AuthFrame | PingFrame;
/** Client frames that the server answers by their `id`. */
export type RequestFrame = JoinFrame | LeaveFrame | SkipFrame | SendFrame | HistoryFrame | AuthFrame;
/** The frames of one message: one, or several between newlines. Throws where a line is no JSON object. */
export declare function readFrames(text: string): ServerFrame[];
