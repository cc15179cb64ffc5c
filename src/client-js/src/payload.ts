import { EdgeRoomsError } from "./error.ts";

/** PROTOCOL.md, "Messages". */
const DEPTH_MAX = 64;
const NAME_LENGTH_MAX = 128;
const encoder = new TextEncoder();

/**
 * Refuses what the server would refuse as `bad_frame`, at once and in words about the caller's data; and ten bad frames in a row would cost
 * the connection. Returns the data as JSON text.
 */
export function checkPayload(room: string, name: string, data: unknown): string {
  const bad = (message: string) => new EdgeRoomsError("bad_frame", message, room);
  if (typeof name !== "string" || name.length < 1 || name.length > NAME_LENGTH_MAX) {
    throw bad(`A name has 1 to ${NAME_LENGTH_MAX} characters.`);
  }
  let json: string | undefined;
  try {
    json = JSON.stringify(data ?? null);
  } catch (error) {
    throw bad(`The data of '${name}' cannot be written as JSON (${error instanceof Error ? error.message : "?"}).`);
  }
  if (json === undefined) throw bad(`The data of '${name}' cannot be written as JSON: give an object, array, string, number, boolean or null.`);
  if (hasBadText(JSON.stringify(name)) || hasBadText(json)) {
    throw bad(`The data of '${name}' has a NUL character or half a surrogate pair, which cannot be stored.`);
  }
  if (depthOf(json) > DEPTH_MAX) throw bad(`The data of '${name}' is nested deeper than ${DEPTH_MAX}.`);
  return json;
}

export const bytesOf = (text: string): number => encoder.encode(text).length;

/** JSON.stringify escapes exactly these (and other control characters); an escaped backslash is passed over as a pair. */
function hasBadText(json: string): boolean {
  for (const [, bad] of json.matchAll(/\\(?:u(0000|d[89a-f])|[^])/g)) if (bad) return true;
  return false;
}

function depthOf(json: string): number {
  let depth = 0;
  let max = 0;
  for (const [char] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    if (char === "[" || char === "{") max = Math.max(max, ++depth);
    else if (char === "]" || char === "}") depth--;
  }
  return max;
}
