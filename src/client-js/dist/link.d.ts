export type LinkStatus = "connecting" | "live" | "offline" | "closed";
