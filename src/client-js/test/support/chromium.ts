import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

const CANDIDATES = [process.env["EDGEROOMS_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The installed Chromium; undefined where there is none. */
export const chromiumPath = CANDIDATES.find((path) => path !== undefined && existsSync(path));

/** A browser by the DevTools protocol, which is a WebSocket too: no package is needed for so little of it. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #nextId = 1;

  private constructor(process: ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.on("message", (text) => {
      const { id, result, error } = JSON.parse(String(text)) as { id?: number; result?: never; error?: { message: string } };
      const answer = id === undefined ? undefined : this.#answers.get(id);
      if (error) answer?.reject(new Error(error.message));
      else answer?.resolve(result as never);
    });
  }

  static async launch(): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), "edgerooms-chromium-"));
    // root has no sandbox
    const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"];
    const child = spawn(chromiumPath!, args, { stdio: ["ignore", "ignore", "pipe"] }); // callers have looked
    const url = await new Promise<string>((resolve, reject) => {
      let output = "";
      child.stderr!.on("data", (text) => { // piped above
        output += String(text);
        const found = /DevTools listening on (\S+)/.exec(output);
        if (found) resolve(found[1]!);
      });
      child.on("exit", () => reject(new Error(`Chromium ended:\n${output}`)));
    });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    return new Chromium(child, folder, socket);
  }

  async open(url: string): Promise<Tab> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url });
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    return new Tab(this, sessionId);
  }

  send<T>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = this.#nextId++;
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return new Promise((resolve, reject) => this.#answers.set(id, { resolve, reject }));
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    await this.send("Browser.close", {}).catch(() => this.#process.kill("SIGKILL"));
    await ended;
    this.#socket.terminate();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Tab {
  readonly #browser: Chromium;
  readonly #session: string;

  constructor(browser: Chromium, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  async run<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send<{ result: { value: T }; exceptionDetails?: { text: string } }>(
      "Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(`${exceptionDetails.text} in: ${expression}`);
    return result.value;
  }

  /** The page may be in the middle of a reload, when nothing can be asked. */
  async until(expression: string): Promise<void> {
    while (!await this.run<boolean>(`Boolean(${expression})`).catch(() => false)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  send<T>(method: string, params: object): Promise<T> {
    return this.#browser.send<T>(method, params, this.#session);
  }
}
