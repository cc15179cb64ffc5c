/** What a close code asks of the client (PROTOCOL.md, "Close codes"). */
export type AfterClose =
  | { then: "stop"; code: string; message: string }
  | { then: "token" }
  | { then: "now" }
  | { then: "backoff"; attemptMin: number };

/** The first wait of "come back with back-off" is drawn from up to 2 s instead of 250 ms. */
const ATTEMPT_MIN_OF_BACKOFF = 3;

const STOPS: Record<number, [code: string, message: string]> = {
  4001: ["kicked", "The server ended this connection for good."],
  4002: ["bad_frame", "The server could not read what this client sent. Is it behind a proxy, or of another version?"],
  4003: ["forbidden", "The token does not allow this."],
  4004: ["unknown_kind", "The server has no such kind of room."],
  4005: ["replaced", "Another connection goes on with this session: a duplicated tab? Make a new EdgeRooms to start anew."],
};

export function afterClose(code: number, reason = ""): AfterClose {
  if (code === 1008) return { then: "token" };
  if (code >= 4000 && code < 4100) {
    const [name, message] = STOPS[code] ?? ["kicked", `The server closed this connection for good (${code} ${reason}).`];
    return { then: "stop", code: name, message };
  }
  if (code >= 4100 && code < 4200) return { then: "backoff", attemptMin: ATTEMPT_MIN_OF_BACKOFF };
  if (code >= 4200 && code < 4300) return { then: "now" }; // 4202 too: every connect brings a fresh token
  return { then: "backoff", attemptMin: 0 };
}

const BACKOFF_MS_FIRST = 250;
const BACKOFF_MS_MAX = 20_000;

/** Full jitter: anything from nothing to a window that doubles with each attempt, the first being 0. */
export const backoffMs = (attempt: number, random: number, maxMs = BACKOFF_MS_MAX): number =>
  random * Math.min(maxMs, BACKOFF_MS_FIRST * 2 ** Math.min(attempt, 16));
