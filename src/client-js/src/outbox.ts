import { Timers } from "./clock.ts";
import { backoffMs } from "./closing.ts";
import type { Command, OutboxOwner, Sent, StoredCommands } from "./command.ts";
import { EdgeRoomsError, errorOf } from "./error.ts";
import type { AckFrame, ErrorFrame } from "./frames.ts";
import { bytesOf } from "./payload.ts";
import type { Answer } from "./requests.ts";

/** Numbers of a session that may be unanswered in a room. */
const UNANSWERED_MAX = 256;
const HOLD_MS_MAX = 5_000;
const STUMBLES_MAX = 6;
const BUFFERED_BYTES_MAX = 256 * 1024;
const BUFFERED_PAUSE_MS = 50;
/** A send frame without its name and data. */
const ENVELOPE_BYTES = 300;

interface Entry extends Command {
  /** Requests on this connection that have no answer yet. */
  airborne: number;
  cancelled?: { reason: unknown };
  skipping?: boolean;
  settled?: boolean;
  forgetSignal?: () => void;
  resolve?: (sent: Sent) => void;
  reject?: (error: unknown) => void;
}

/**
 * A room's commands in order, each settled exactly once. It may send while it is open (joined). Rule 5 is go-back-N: after a refusal with retry
 * nothing is sent until everything in the air is answered, then all goes again from the refused one; so no number is twice in the air on a
 * connection, and an answer always speaks of the latest try. Bounded by `max`; all calls come from the owner's thread.
 * @internal
 */
export class Outbox {
  readonly #owner: OutboxOwner;
  readonly #max: number;
  readonly #timers: Timers;
  #entries: Entry[] = [];
  #next = 1;
  #airborne = 0;
  #isOpen = false;
  #goesBack = false;
  #holdUntil = 0;
  #stumbles = 0;

  constructor(owner: OutboxOwner, max: number, stored?: StoredCommands) {
    this.#owner = owner;
    this.#max = max;
    this.#timers = new Timers(owner.clock);
    if (!stored) return;
    this.#next = stored.next;
    this.#entries = stored.commands.map((command) => ({ ...command, airborne: 0 }));
  }

  get isEmpty(): boolean { return this.#entries.length === 0; }

  /** Without those whose event has come. */
  get pending(): readonly Command[] { return this.#entries.filter((entry) => !entry.happened); }

  add(name: string, json: string, signal?: AbortSignal): Promise<Sent> {
    const fits = this.#fits(name, json);
    if (fits) return Promise.reject(fits);
    if (signal?.aborted) return Promise.reject(this.#abortOf(signal.reason));
    if (this.#entries.length >= this.#max) {
      return Promise.reject(this.#error("queue_full", `${this.#max} commands are waiting. Wait for some to be answered.`, true));
    }
    return new Promise((resolve, reject) => {
      // As JSON has it now, whatever the caller does with the object afterwards.
      const entry: Entry = { name, data: JSON.parse(json), airborne: 0, resolve, reject };
      this.#entries.push(entry);
      const onAbort = () => this.#cancel(entry, signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      entry.forgetSignal = () => signal?.removeEventListener("abort", onAbort);
      this.#changed();
      this.#pump();
    });
  }

  /** The room is joined on this connection. */
  open(): void {
    this.#isOpen = true;
    this.#holdUntil = 0;
    this.#goesBack = false;
    this.#pump();
  }

  /** The connection is gone; what was in the air will go again. */
  shut(): void {
    this.#isOpen = false;
    this.#timers.clearAll();
  }

  /** An own event has come. */
  happened(cmd: number): void {
    const entry = this.#entries.find((candidate) => candidate.cmd === cmd);
    if (entry) entry.happened = true;
  }

  /** Numbers begin again. What had been sent cannot go under a new number: that could make it happen twice. */
  newSession(why = "a new session has begun"): void {
    const sent = this.#entries.filter((entry) => entry.cmd !== undefined);
    this.#entries = this.#entries.filter((entry) => entry.cmd === undefined);
    this.#next = 1;
    for (const entry of sent) this.#settleUnknown(entry, why);
    this.#changed();
  }

  /** Nothing will be sent any more. */
  giveUp(code: string, why: string): void {
    this.shut();
    const all = this.#entries;
    this.#entries = [];
    for (const entry of all) {
      if (entry.cmd === undefined) this.#reject(entry, this.#error(code, `'${entry.name}' was never sent: ${why}`));
      else this.#settleUnknown(entry, why);
    }
    this.#changed();
  }

  // ---- sending ----

  #pump(): void {
    if (!this.#isOpen || (this.#goesBack && this.#airborne > 0)) return;
    const holdMs = this.#holdUntil - this.#owner.clock.now();
    if (holdMs > 0) return this.#pumpIn(holdMs);
    this.#goesBack = false;
    const batch = this.#nextBatch();
    if (batch.length === 0) return;
    const again = new Set(batch.filter((entry) => entry.cmd !== undefined));
    for (const entry of batch) {
      if (again.has(entry)) continue;
      entry.cmd = this.#next++;
      entry.epoch = this.#owner.epoch;
    }
    this.#save(); // before they are on the wire: a reload in between sends the same numbers again
    for (const entry of batch) this.#transmit(entry, again.has(entry));
  }

  /** What may be sent now, in order; a timer is set where time alone brings more. */
  #nextBatch(): Entry[] {
    const batch: Entry[] = [];
    for (const entry of this.#entries) {
      const isSkip = entry.cancelled !== undefined && entry === this.#entries[0] && !entry.skipping;
      if (!isSkip && entry.airborne > 0) continue;
      // A skip that overtakes a lower number would make that one look refused: it goes only as the lowest unanswered, and nothing passes it.
      if (!isSkip && entry.cancelled) break;
      if (this.#airborne + batch.length >= UNANSWERED_MAX) break;
      if (this.#owner.bufferedBytes > BUFFERED_BYTES_MAX) {
        this.#pumpIn(BUFFERED_PAUSE_MS);
        break;
      }
      if (!this.#owner.pace.tryTake()) {
        this.#pumpIn(this.#owner.pace.waitMs);
        break;
      }
      batch.push(entry);
    }
    return batch;
  }

  #transmit(entry: Entry, again: boolean): void {
    const { cmd, name, data, epoch } = entry as Entry & { cmd: number };
    const room = this.#owner.room;
    const isSkip = entry.cancelled !== undefined;
    if (isSkip) entry.skipping = true;
    this.#airborne++;
    entry.airborne++;
    this.#owner.request(
      isSkip ? { type: "skip", room, cmd }
        : { type: "send", room, cmd, name, data, ...(again && epoch !== undefined ? { epoch } : {}) },
      (answer) => this.#onAnswer(entry, answer, isSkip, again));
  }

  #pumpIn(delayMs: number): void {
    this.#timers.set("pump", delayMs, () => this.#pump());
  }

  // ---- answers ----

  #onAnswer(entry: Entry, answer: Answer, isSkip: boolean, again: boolean): void {
    this.#airborne--;
    entry.airborne--;
    if (isSkip) entry.skipping = false;
    if (!answer) return; // the connection is gone; `open` goes on
    if (!entry.settled) {
      if (answer.type === "ack") this.#onAck(entry, answer);
      else if (answer.type === "error") this.#onError(entry, answer, again);
    }
    this.#pump();
  }

  #onAck(entry: Entry, ack: AckFrame): void {
    this.#stumbles = 0;
    this.#owner.onAck(ack.seq);
    if (ack.skipped) return this.#settle(entry, this.#abortOf(entry.cancelled?.reason));
    if (ack.refused) {
      return this.#settle(entry, this.#error("rejected", `'${entry.name}' had been refused before a reconnect; the reason is not known any more.`));
    }
    this.#settle(entry, { seq: ack.seq, ...("result" in ack ? { result: ack.result } : {}), ...(ack.dup ? { dup: true } : {}) });
  }

  #onError(entry: Entry, frame: ErrorFrame, again: boolean): void {
    if (frame.retry || frame.code === "not_joined") return this.#goBack(entry, frame);
    this.#stumbles = 0;
    if (frame.code !== "gone") return this.#settle(entry, errorOf(frame, this.#owner.room));
    // A resend is `gone` when its stream was replaced. A first try carries no epoch, so the room has forgotten the session, and it never ran.
    if (again) return this.#settleUnknown(this.#take(entry), frame.message);
    entry.cmd = entry.epoch = undefined;
    this.#owner.renewSession();
  }

  #goBack(entry: Entry, frame: ErrorFrame): void {
    this.#goesBack = true;
    if (entry !== this.#entries[0] && frame.code === "out_of_order") return; // the lowest one says how long
    const holdMs = frame.retryAfterMs ?? backoffMs(this.#stumbles, this.#owner.clock.random(), HOLD_MS_MAX);
    this.#holdUntil = Math.max(this.#holdUntil, this.#owner.clock.now() + holdMs);
    this.#stumbles++;
    // The server has lost its place for us (not_joined), or holds us to a number that we do not have (out_of_order).
    const isStuck = frame.code === "not_joined" || (frame.code === "out_of_order" && this.#stumbles >= STUMBLES_MAX);
    if (!isStuck) return;
    this.#stumbles = 0;
    this.#owner.restart();
  }

  // ---- settling ----

  #cancel(entry: Entry, reason: unknown): void {
    if (entry.settled) return;
    entry.cancelled = { reason };
    if (entry.cmd === undefined) this.#settle(entry, this.#abortOf(reason));
    this.#pump();
  }

  #settle(entry: Entry, outcome: Sent | EdgeRoomsError): void {
    this.#take(entry);
    if (outcome instanceof EdgeRoomsError) this.#reject(entry, outcome);
    else entry.resolve?.(outcome);
    this.#changed();
  }

  #settleUnknown(entry: Entry, why: string): void {
    this.#reject(entry, this.#error(
      "outcome_unknown", `'${entry.name}' was sent, and whether it took effect is not known: ${why}. Look at the room's state before you send it again.`));
  }

  #reject(entry: Entry, error: EdgeRoomsError): void {
    this.#end(entry);
    entry.reject?.(error);
    this.#owner.onRefused(error);
  }

  #take(entry: Entry): Entry {
    this.#end(entry);
    this.#entries = this.#entries.filter((other) => other !== entry);
    return entry;
  }

  #end(entry: Entry): void {
    if (entry.settled) return;
    entry.settled = true;
    entry.forgetSignal?.();
  }

  #changed(): void {
    this.#save();
    this.#owner.onPending();
  }

  #save(): void {
    this.#owner.save(() => ({
      next: this.#next,
      commands: this.#entries.map(({ cmd, name, data, epoch }) => ({ cmd, name, data, epoch })),
    }));
  }

  #fits(name: string, json: string): EdgeRoomsError | undefined {
    const max = this.#owner.frameBytesMax;
    const bytes = bytesOf(json) + bytesOf(name) + ENVELOPE_BYTES;
    return bytes <= max ? undefined
      : this.#error("too_large", `'${name}' would be a frame of ${bytes} bytes, and the server takes ${max}. Send it in parts.`);
  }

  #abortOf(reason: unknown): EdgeRoomsError {
    const error = this.#error("aborted", "The command was given up by its AbortSignal and has not taken effect.");
    error.cause = reason;
    return error;
  }

  #error(code: string, message: string, retry = false): EdgeRoomsError {
    return new EdgeRoomsError(code, message, this.#owner.room, retry);
  }
}
