/** Calls a listener; its bug costs neither the other listeners nor the connection, and is reported as uncaught. */
export declare function call<A extends unknown[]>(listener: (...args: A) => void, ...args: A): void;
/** Listeners by name of happening. */
export declare class Emitter<TEvents extends Record<string, unknown[]>> {
    #private;
    /** Returns what ends it. */
    on<K extends keyof TEvents>(name: K, listener: (...args: TEvents[K]) => void): () => void;
    emit<K extends keyof TEvents>(name: K, ...args: TEvents[K]): void;
}
