/** Windows of one browser, and what the pages' tests do in them. A test file has one `Windows`; each test's windows are closed after it. */
import assert from "node:assert/strict";
import { launchBrowser } from "./browser.mjs";

const LOST_CONNECTION = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INTERNET_DISCONNECTED|ERR_EMPTY_RESPONSE|WebSocket connection to .* failed/;

export class Windows {
  #browser;
  #contexts = [];
  #noise = [];

  static async launch() {
    const windows = new Windows();
    windows.#browser = await launchBrowser();
    return windows;
  }

  async open(user, options = {}) {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    context.setDefaultTimeout(20_000);
    this.#contexts.push(context);
    await context.addInitScript((name) => {
      if (sessionStorage.getItem("edgerooms:user") === null) sessionStorage.setItem("edgerooms:user", name);
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => console.error("CSP", violatedDirective, blockedURI));
    }, user);
    return this.listen(await context.newPage());
  }

  listen(page) {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#noise.push(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.#noise.push(String(error)));
    return page;
  }

  /** What a test provoked itself is no noise. */
  forgive(pattern = LOST_CONNECTION) {
    this.#noise = this.#noise.filter((line) => !pattern.test(line));
  }

  /** The end of a test. */
  async clear() {
    await Promise.all(this.#contexts.map((context) => context.close()));
    this.#contexts = [];
    assert.deepEqual(this.#noise.splice(0), [], "the console stayed clean");
  }

  close() {
    return this.#browser.close();
  }
}

export function roomName() {
  return `test-${Math.random().toString(36).slice(2, 10)}`;
}

export const live = (page) => page.locator("[data-status=live]").waitFor();

// ---- whiteboard ----

export async function scribble(page, left, top = 0.3) {
  const box = await page.locator("#board").boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(left, top));
  await page.mouse.down();
  for (let step = 1; step <= 10; step++) await page.mouse.move(...at(left + step * 0.01, top + step * 0.03));
  await page.mouse.up();
}

export const strokes = (page, count) => page.locator(`#board[data-strokes="${count}"]`).waitFor();
