/** What a browser tells of its network and its page; Node has no such happenings of its own. */
const wakers = new Map<string, Set<(event: { type: string }) => void>>();
globalThis.addEventListener = ((name: string, listener: (event: { type: string }) => void) => {
  wakers.set(name, (wakers.get(name) ?? new Set()).add(listener));
}) as typeof globalThis.addEventListener;
globalThis.removeEventListener = ((name: string, listener: (event: { type: string }) => void) => void wakers.get(name)?.delete(listener)) as typeof globalThis.removeEventListener;

export function wake(name: string): void {
  for (const listener of [...wakers.get(name) ?? []]) listener({ type: name });
}

export const listenersOf = (name: string): number => wakers.get(name)?.size ?? 0;
