import { join } from "node:path";
import { pathToFileURL } from "node:url";

declare const TEST_ROOT: string;

/** The real server, with a data directory of its own; it may be killed. */
export interface Server {
  url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the Release build, by the browser tests' own way. What `EdgeRooms__…` variables say, it hears. */
export async function startServer(): Promise<Server> {
  const repository = join(TEST_ROOT, "../..");
  process.env["EDGEROOMS_SERVER_DLL"] ??= join(repository, "src/EdgeRooms.Server/bin/Release/net10.0/EdgeRooms.Server.dll");
  const module = await import(pathToFileURL(join(repository, "tests/EdgeRooms.Browser.Tests/server.mjs")).href) as { startServer(): Promise<Server> };
  return module.startServer();
}

/** Until it is so; looked at again and again. When it is not so in time, `seen` says what is. */
export async function until(
  holds: () => boolean | Promise<boolean>, withinMs = 90_000, seen: () => string | Promise<string> = () => "it did not come about",
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`After ${withinMs} ms: ${await seen()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
