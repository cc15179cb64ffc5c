import type { StoredCommands } from "./command.ts";
import { call } from "./emitter.ts";

/** Where a session is kept across a reload: sessionStorage has this shape. */
export interface SessionStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Who we are to the server, and the commands of each room that have no answer; kept in the storage where there is one. A storage that is forbidden
 * or full costs no more than that a reload forgets: numbers could have been drawn that it knows nothing of, so it is made to forget the session.
 * @internal
 */
export class Session {
  #storage: SessionStorage | undefined;
  readonly #key: string;
  #id: string | undefined;
  #user: string | undefined;

  constructor(key: string, storage: SessionStorage | undefined) {
    this.#key = key;
    this.#storage = storage;
    const kept = this.#read<{ id?: string; user?: string }>(key);
    this.#id = kept?.id;
    this.#user = kept?.user;
  }

  get id(): string | undefined { return this.#id; }
  get user(): string | undefined { return this.#user; }

  /** What a welcome says. "other user": what waits is not theirs to send. */
  adopt(id: string, user: string): "same" | "new" | "other user" {
    const was = { id: this.#id, user: this.#user };
    this.#id = id;
    this.#user = user;
    this.#write(this.#key, { id, user });
    if (was.user !== undefined && was.user !== user) return "other user";
    return was.id === undefined || was.id === id ? "same" : "new";
  }

  forget(): void {
    this.#id = undefined;
    this.#write(this.#key, { user: this.#user });
  }

  /** What an earlier page left for a room. Its numbers mean something in its own session only; another user's words are not ours to send. */
  commandsOf(room: string): { stored: StoredCommands; isOfThisSession: boolean } | undefined {
    const kept = this.#read<StoredCommands & { session?: string; user?: string }>(`${this.#key}:${room}`);
    if (!kept || (kept.user !== undefined && kept.user !== this.#user)) return undefined;
    return { stored: { next: kept.next, commands: kept.commands }, isOfThisSession: kept.session === this.#id };
  }

  saveCommands(room: string, read: () => StoredCommands): void {
    if (this.#storage) this.#write(`${this.#key}:${room}`, { session: this.#id, user: this.#user, ...read() });
  }

  #read<T>(key: string): T | undefined {
    try {
      return JSON.parse(this.#storage?.getItem(key) ?? "null") as T ?? undefined;
    } catch {
      return undefined;
    }
  }

  #write(key: string, value: unknown): void {
    const storage = this.#storage;
    try {
      storage?.setItem(key, JSON.stringify(value));
    } catch {
      this.#storage = undefined;
      call(() => storage?.removeItem(this.#key));
    }
  }
}
