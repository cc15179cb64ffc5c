import { EdgeRoomsError, errorOf } from "./error.ts";
import type { PageFrame } from "./frames.ts";
import type { Link } from "./link.ts";
import type { Clock } from "./clock.ts";
import type { Answer } from "./requests.ts";

const RETRY_MS = 500;

/** Reads what was: pages over the socket, waiting out reconnects, and states over HTTP. @internal */
export class Past {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #http: string;
  readonly #token: () => string | Promise<string>;
  #waiting: (() => void)[] = [];

  constructor(link: Link, clock: Clock, http: string, token: () => string | Promise<string>) {
    this.#link = link;
    this.#clock = clock;
    this.#http = http;
    this.#token = token;
  }

  /** The link's status has changed. */
  onStatus(): void {
    if (this.#link.status !== "live" && this.#link.status !== "closed") return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  async page(room: string, after: number, limit: number): Promise<PageFrame> {
    for (;;) {
      await this.#whenLive(room);
      const answer = await new Promise<Answer>((resolve) => {
        this.#link.request({ type: "history", room, after, limit }, resolve);
      });
      if (answer?.type === "page") return answer;
      if (answer?.type !== "error") continue; // the connection went; ask the next one
      if (!answer.retry) throw errorOf(answer, room);
      await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, answer.retryAfterMs ?? RETRY_MS));
    }
  }

  async state(room: string, seq: number): Promise<unknown> {
    const token = (await this.#token()).trim();
    const response = await fetch(`${this.#http}/rooms/${room}?at=${seq}`, { headers: { authorization: `Bearer ${token}` } });
    const body = await response.json().catch(() => ({})) as { state?: unknown; code?: string; detail?: string; title?: string };
    if (response.ok) return body.state;
    throw new EdgeRoomsError(
      body.code ?? "internal", body.detail ?? body.title ?? `The server answered ${response.status}.`, room, response.status >= 500);
  }

  async #whenLive(room: string): Promise<void> {
    while (this.#link.status !== "live") {
      if (this.#link.status === "closed") throw new EdgeRoomsError("closed", "The client was closed; make a new EdgeRooms.", room);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
