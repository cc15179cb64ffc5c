/** Where a session is kept across a reload: sessionStorage has this shape. */
export interface SessionStorage {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
}
