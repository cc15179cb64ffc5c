/** Calls a listener; its bug costs neither the other listeners nor the connection, and is reported as uncaught. */
export function call<A extends unknown[]>(listener: (...args: A) => void, ...args: A): void {
  try {
    listener(...args);
  } catch (error) {
    if (typeof globalThis.reportError === "function") globalThis.reportError(error);
    else queueMicrotask(() => { throw error; });
  }
}

type Listener = (...args: unknown[]) => void;

/** Listeners by name of happening. */
export class Emitter<TEvents extends Record<string, unknown[]>> {
  readonly #listeners = new Map<keyof TEvents, Set<Listener>>();

  /** Returns what ends it. */
  on<K extends keyof TEvents>(name: K, listener: (...args: TEvents[K]) => void): () => void {
    const own = (...args: TEvents[K]) => listener(...args); // one listener may be there twice, and each end is its own
    const listeners = this.#listeners.get(name) ?? new Set<Listener>();
    this.#listeners.set(name, listeners.add(own as unknown as Listener));
    return () => void listeners.delete(own as unknown as Listener);
  }

  emit<K extends keyof TEvents>(name: K, ...args: TEvents[K]): void {
    for (const listener of [...this.#listeners.get(name) ?? []]) call(listener, ...args);
  }
}
