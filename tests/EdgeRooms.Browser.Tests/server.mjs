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
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const READY_WITHIN_MS = 120_000;
const STOPPED_WITHIN_MS = 20_000;
const LINES_MAX = 300;

/** `kill` and `start` are there only where the process is ours. */
export async function startServer() {
  if (process.env.EDGEROOMS_URL) return { url: process.env.EDGEROOMS_URL.replace(/\/$/, ""), stop: async () => {} };
  const url = `http://127.0.0.1:${await freePorts(1)}`;
  const server = new ServerProcess(url, [serverDll(), "--urls", url], /EdgeRooms ready on/);
  await server.start();
  return server;
}

/** A cluster of two routers and three nodes, by the server's own command; null where the server under test is not ours to start. */
export async function startCluster() {
  if (process.env.EDGEROOMS_URL) return null;
  const cluster = new Cluster(await freePorts(2));
  await cluster.start();
  return cluster;
}

function serverDll() {
  const dll = resolve(process.env.EDGEROOMS_SERVER_DLL ?? here("../../src/EdgeRooms.Server/bin/Release/net10.0/EdgeRooms.Server.dll"));
  if (!existsSync(dll)) {
    throw new Error(`No server at ${dll}. Build it (dotnet build -c Release), or set EDGEROOMS_SERVER_DLL or EDGEROOMS_URL.`);
  }
  return dll;
}

class ServerProcess {
  #args;
  #ready;
  #env;
  #folder = mkdtempSync(join(tmpdir(), "edgerooms-browser-"));
  #process = null;
  #output = [];

  constructor(url, args, ready, env = {}) {
    this.url = url;
    this.#args = args;
    this.#ready = ready;
    this.#env = env;
  }

  /** Its last lines, for a failure's message. */
  get output() { return this.#output.join("\n"); }

  async start() {
    const env = {
      ...process.env,
      DOTNET_ENVIRONMENT: "Development",
      ASPNETCORE_ENVIRONMENT: "Development",
      EdgeRooms__DataDirectory: this.#folder,
      ...this.#env,
    };
    const started = spawn("dotnet", this.#args, { env, cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = started;
    this.#output = [];
    await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`The server ${why}. Its output:\n${this.output}`));
      const deadline = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS / 1000} s`), READY_WITHIN_MS);
      for (const stream of [started.stdout, started.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          this.hear(line);
          if (!this.#ready.test(line)) return;
          clearTimeout(deadline);
          resolve();
        });
      }
      started.on("error", (error) => fail(`could not be started: ${error.message}`));
      started.on("exit", (code, signal) => fail(`ended with ${signal ?? code}`));
    });
  }

  hear(line) {
    this.#output.push(line);
    if (this.#output.length > LINES_MAX) this.#output.shift();
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

/** Its processes by name, as they tell it themselves: `{pid, url}`, again after each restart. */
class Cluster extends ServerProcess {
  processes = new Map();
  routers;

  constructor(port) {
    const [first, second] = [port, port + 1].map((each) => `http://127.0.0.1:${each}`);
    const args = [serverDll(), "cluster", "--routers", "2", "--nodes", "3", "--urls", first];
    super(first, args, /Ctrl-C ends the whole cluster/, { DOTNET_TieredCompilation: "1" }); // starts in half the time, and there are many
    this.routers = [first, second];
  }

  hear(line) {
    super.hear(line);
    const [, name, url, pid] = /^(\S+) +(?:EdgeRooms ready on (\S+)|Process id (\d+))$/.exec(line) ?? [];
    if (url) this.processes.set(name, { url });
    if (pid) this.processes.get(name).pid = Number(pid);
  }

  /** The nodes that serve. */
  get nodes() {
    return [...this.processes].filter(([name, { pid }]) => name.startsWith("node-") && pid).map(([name]) => name);
  }

  /** A node that has rooms in memory now, if any has. */
  async owner() {
    const { nodes } = this;
    const metrics = await Promise.all(nodes.map((node) => fetch(`${this.processes.get(node).url}/metrics`).then((answer) => answer.text(), () => "")));
    return nodes.find((_, at) => /^edgerooms_rooms\b[^\n]* [1-9]\d*( \d+)?$/m.test(metrics[at]));
  }

  /** kill -9 of one process, which the command starts again. */
  killNode(node) {
    const { pid } = this.processes.get(node);
    this.processes.delete(node);
    process.kill(pid, "SIGKILL");
  }
}

function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** The first of so many free ports in a row, below those that an outgoing connection may take while the server is down. */
async function freePorts(count) {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 22_000);
    const all = Array.from({ length: count }, (_, at) => listens(first + at));
    if ((await Promise.all(all)).every(Boolean)) return first;
  }
}

/** Whether the port can be listened on. */
function listens(port) {
  return new Promise((resolve) => {
    const probe = createServer().once("error", () => resolve(false)).listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
