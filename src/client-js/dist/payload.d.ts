/**
 * Refuses what the server would refuse as `bad_frame`, at once and in words about the caller's data; and ten bad frames in a row would cost
 * the connection. Returns the data as JSON text.
 */
export declare function checkPayload(room: string, name: string, data: unknown): string;
export declare const bytesOf: (text: string) => number;
