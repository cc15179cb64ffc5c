/**
 * The server under test, by what the environment says:
 * EDGEROOMS_URL: one that runs already; else EDGEROOMS_SERVER_DLL, or the Release build. What is started here has a data directory of
 * its own and may be killed.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const READY_WITHIN_MS = 120_000;
const STOPPED_WITHIN_MS = 20_000;

/** `kill` and `start` are there only where the process is ours. */
export async function startServer() {
  if (process.env.EDGEROOMS_URL) return { url: process.env.EDGEROOMS_URL.replace(/\/$/, ""), stop: async () => {} };
  const port = await freePort();
  const server = new ServerProcess(port, "dotnet", [serverDll(), "--urls", `http://127.0.0.1:${port}`]);
  await server.start();
  return server;
}

function serverDll() {
  const dll = resolve(process.env.EDGEROOMS_SERVER_DLL ?? here("../../src/EdgeRooms.Server/bin/Release/net10.0/EdgeRooms.Server.dll"));
  if (!existsSync(dll)) {
    throw new Error(`No server at ${dll}. Build it (dotnet build -c Release), or set EDGEROOMS_SERVER_DLL or EDGEROOMS_URL.`);
  }
  return dll;
}

class ServerProcess {
  #command;
  #args;
  #folder = mkdtempSync(join(tmpdir(), "edgerooms-browser-"));
  #process = null;
  #output = "";

  constructor(port, command, args) {
    this.#command = command;
    this.#args = args;
    this.url = `http://127.0.0.1:${port}`;
  }

  async start() {
    const env = {
      ...process.env,
      DOTNET_ENVIRONMENT: "Development",
      ASPNETCORE_ENVIRONMENT: "Development",
      EdgeRooms__DataDirectory: this.#folder,
    };
    const started = spawn(this.#command, this.#args, { env, cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = started;
    await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`The server ${why}. Its output:\n${this.#output}`));
      const deadline = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS / 1000} s`), READY_WITHIN_MS);
      const hear = (text) => {
        this.#output = (this.#output + text).slice(-20_000);
        if (!/EdgeRooms ready on/.test(this.#output)) return;
        clearTimeout(deadline);
        resolve();
      };
      this.#output = "";
      started.stdout.on("data", hear);
      started.stderr.on("data", hear);
      started.on("error", (error) => fail(`could not be started: ${error.message}`));
      started.on("exit", (code, signal) => fail(`ended with ${signal ?? code}`));
    });
  }

  /** kill -9: no warning, no clean-up. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** The orderly way, which also ends the private Postgres; after a kill that takes another start. */
  async stop() {
    if (!this.#runs) await this.start().catch(() => {});
    await this.#end("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #runs() {
    return this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async #end(signal) {
    if (!this.#runs) return;
    const ending = this.#process;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    const insist = setTimeout(() => ending.kill("SIGKILL"), STOPPED_WITHIN_MS);
    ending.kill(signal);
    await ended;
    clearTimeout(insist);
  }
}

function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
