/**
 * "Drop my connection": a WebSocket that is cut from below, as a lost network would, and a network that is away for a moment. The client
 * is not told; it finds out and comes back like after any loss.
 */
const PAUSE_MS = 2_000;
const CLOSE_CUT = 4999; // anything but 1000 keeps our place in the room for the server's grace

export class Wire {
  /** When the wire is whole again, Unix milliseconds. */
  mendedAt = 0;
  #socket = null;

  /** For the client's option `WebSocket`. */
  Socket = (() => {
    const wire = this;
    return class extends WebSocket {
      constructor(url, protocols) {
        super(url, protocols);
        wire.#socket = this;
      }
    };
  })();

  get isCut() { return Date.now() < this.mendedAt; }

  cut() {
    this.mendedAt = Date.now() + PAUSE_MS;
    this.#socket?.close(CLOSE_CUT);
  }

  /** Resolves when there is a network to connect over. */
  whole() {
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, this.mendedAt - Date.now())));
  }
}
