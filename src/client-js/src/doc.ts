import { equal, mergePatch, parsePointer, readPointer, setPointer, type Json } from "./json.ts";
import type { Sent } from "./command.ts";
import type { Room, SendOptions } from "./room.ts";
import type { Change } from "./state-view.ts";

export interface SetOptions extends SendOptions {
  /** Reject where anything at, above or under the path was changed after this seq. */
  ifSeq?: number;
}

/** A JSON Merge Patch for a document: what is left out stays, null removes. */
export type Patch<T> = { [K in keyof T]?: (T[K] extends readonly unknown[] ? T[K] : T[K] extends object ? Patch<T[K]> : T[K]) | null };

/** The rules of the server's kind `doc`, for its events and for own commands alike. What cannot be applied changes nothing. @internal */
export function applyDoc(state: unknown, { name, data }: Change): unknown {
  const document = (state ?? {}) as Json;
  const change = data as { patch?: Json; path?: string; value?: Json } | null;
  if ((name === "patch" || name === "patched") && change?.patch && typeof change.patch === "object" && !Array.isArray(change.patch)) {
    return mergePatch(document, change.patch);
  }
  if (name === "set" && typeof change?.path === "string" && change.value !== undefined) {
    const tokens = parsePointer(change.path);
    const next = tokens ? setPointer(document, tokens, change.value) : undefined;
    return typeof next === "object" && next !== null && !Array.isArray(next) ? next : document; // an object, always
  }
  return document;
}

/** The shared JSON object of a `doc` room. Reads show own changes at once; what the server refuses disappears again. */
export class Doc<TDocument extends object = Record<string, unknown>> {
  readonly #room: Room<TDocument>;

  /** @internal */
  constructor(room: Room<TDocument>) {
    this.#room = room;
  }

  /** The whole document, or the value at a JSON Pointer (`/todo/0/title`); undefined where there is none. Not to be changed in place. */
  get(): TDocument;
  get<T = unknown>(path: string): T | undefined;
  get(path = ""): unknown {
    return readPointer((this.#room.state ?? {}) as Json, tokensOf(path));
  }

  /** Merges (RFC 7396): objects merge, null removes, everything else replaces. */
  patch(patch: Patch<TDocument>, options?: SendOptions): Promise<Sent> {
    return this.#room.send("patch", { patch }, options);
  }

  /** Sets the value at a JSON Pointer; missing parents are made as objects, `-` appends to an array. */
  set(path: string, value: unknown, { ifSeq, ...options }: SetOptions = {}): Promise<Sent> {
    tokensOf(path);
    return this.#room.send("set", { path, value, ...(ifSeq === undefined ? {} : { ifSeq }) }, options);
  }

  /** Calls back with the value at a path, once it is known and whenever it becomes another; returns what ends that. */
  subscribe<T = unknown>(path: string, listener: (value: T | undefined, seq: number) => void): () => void {
    const tokens = tokensOf(path);
    let known: { value: Json | undefined } | undefined;
    return this.#room.on("state", (state, seq) => {
      const value = readPointer((state ?? {}) as Json, tokens);
      if (known && equal(known.value, value)) return;
      known = { value };
      listener(value as T | undefined, seq);
    });
  }
}

function tokensOf(path: string): string[] {
  const tokens = parsePointer(path);
  if (!tokens) throw new TypeError(`'${path}' is no JSON Pointer: it is empty or begins with '/', and '~' stands only in '~0' and '~1'.`);
  return tokens;
}
