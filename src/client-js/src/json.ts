/** JSON values, JSON Merge Patch (RFC 7396) and JSON Pointer (RFC 6901), by the rules of the server's `doc`. Nothing is changed in place. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Own members only: a document may have a member `constructor`. */
const memberOf = (object: JsonObject, name: string): Json | undefined => Object.hasOwn(object, name) ? object[name] : undefined;

/** Spread and computed names define members as they are; an assignment to `__proto__` would not. */
const withMember = (object: JsonObject, name: string, value: Json): JsonObject => ({ ...object, [name]: value });

export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const members = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name), value));
  }
  return Object.fromEntries(members);
}

/** The tokens, unescaped; undefined where it is no pointer. */
export function parsePointer(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  return pointer.slice(1).split("/").map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function readPointer(value: Json | undefined, tokens: readonly string[]): Json | undefined {
  for (const token of tokens) {
    if (Array.isArray(value)) value = value[indexOf(token, value.length - 1) ?? -1];
    else value = isObject(value) ? memberOf(value, token) : undefined;
  }
  return value;
}

/** The document with the value set; undefined where the server would refuse. */
export function setPointer(target: Json | undefined, tokens: readonly string[], value: Json): Json | undefined {
  const [token, ...rest] = tokens;
  if (token === undefined) return value;
  if (Array.isArray(target)) {
    const index = token === "-" ? target.length : indexOf(token, target.length);
    const item = index === undefined ? undefined : setPointer(target[index], rest, value);
    return item === undefined ? undefined : [...target.slice(0, index), item, ...target.slice(index! + 1)]; // item says index is there
  }
  if (target !== undefined && !isObject(target)) return undefined;
  const object = target ?? {};
  const member = setPointer(memberOf(object, token), rest, value);
  return member === undefined ? undefined : withMember(object, token, member);
}

export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => equal(item, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]));
}

/** Digits without a leading zero, at most `max`. */
function indexOf(token: string, max: number): number | undefined {
  const index = /^(0|[1-9]\d{0,9})$/.test(token) ? Number(token) : undefined;
  return index !== undefined && index <= max ? index : undefined;
}
