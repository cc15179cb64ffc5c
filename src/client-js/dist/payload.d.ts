/**
 * Refuses what the server would refuse as `bad_frame`. It cannot tell which command such a frame was, so that the command
 * would wait for ever. Returns the data as JSON text.
 */
export declare function checkPayload(room: string, name: string, data: unknown): string;
export declare const bytesOf: (text: string) => number;
