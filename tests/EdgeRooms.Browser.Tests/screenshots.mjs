/** Pictures of all pages, light and dark, phone and desktop, for people to look at: `npm run screenshots [folder]`. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "edgerooms-screenshots-"));
mkdirSync(folder, { recursive: true });
const server = await startServer();
const browser = await launchBrowser();
const noise = [];

for (const colorScheme of ["light", "dark"]) {
  for (const [device, viewport] of Object.entries({ phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 860 } })) {
    const room = `shots-${colorScheme}-${device}-${Date.now()}`;
    const shoot = (page, name) => page.screenshot({ path: join(folder, `${name}-${colorScheme}-${device}.png`), fullPage: true, animations: "disabled" });
    const [me, other, third] = await Promise.all([openWindow("ada"), openWindow("brisk-otter"), openWindow("mellow-heron")]);

    await me.goto(`${server.url}/`);
    await me.getByText("this server is ready").waitFor();
    await shoot(me, "home");

    const everyone = (page) => Promise.all([me, other, third].map(async (window) => {
      await window.goto(`${server.url}/${page}.html?room=${room}`);
      await window.locator("[data-status=live]").waitFor();
    }));
    const say = async (page, text) => {
      await page.getByLabel("Message", { exact: true }).fill(text);
      await page.getByRole("button", { name: "Send" }).click();
      await me.getByText(text).waitFor();
    };

    await everyone("chat");
    await shoot(me, "chat-empty");
    await say(other, "Hello! Is this room durable?");
    await say(me, "Every word of it. I have just killed the server.");
    await say(me, "It came back where it was, and nobody lost a line.");
    await say(third, "Seen from here: a pause, then the next number. A rather long message, so that we can see how it wraps on a narrow phone and on a wide screen alike.");
    await say(other, "🎉");
    await me.getByRole("button", { name: "Drop my connection" }).click();
    await say(third, "You missed this one").catch(() => {});
    await me.getByText(/Resumed at seq/).waitFor();
    await shoot(me, "chat");
    await me.getByRole("button", { name: "Drop my connection" }).click();
    await me.getByLabel("Message", { exact: true }).fill("typed while offline");
    await me.getByRole("button", { name: "Send" }).click();
    await shoot(me, "chat-offline");

    await everyone("tictactoe");
    await shoot(me, "tictactoe-empty");
    const play = async (page, cell) => {
      await page.locator(`[data-cell="${cell}"]`).click();
      await me.locator(`[data-cell="${cell}"].mark-X, [data-cell="${cell}"].mark-O`).waitFor();
    };
    for (const [page, cell] of [[me, 4], [other, 0], [me, 2], [other, 6]]) await play(page, cell);
    await other.locator('[data-cell="8"]').click();
    await other.getByText("It is not your turn").first().waitFor();
    await shoot(me, "tictactoe");
    await shoot(other, "tictactoe-refused");
    await play(me, 3);
    await play(other, 8);
    await play(me, 5);
    await shoot(me, "tictactoe-won");

    await everyone("whiteboard");
    await shoot(me, "whiteboard-empty");
    const colours = ["Ink", "Red", "Orange", "Green", "Blue", "Violet"];
    for (const [index, colour] of colours.entries()) {
      await me.getByTitle(colour, { exact: true }).click();
      await me.getByTitle(["Fine", "Medium", "Broad"][index % 3], { exact: true }).click();
      await scribble(me, 0.12 + index * 0.13);
    }
    await other.getByTitle("Violet", { exact: true }).click();
    await scribble(other, 0.5, false);
    await third.mouse.move(...(await placeOn(third, 0.2, 0.75)));
    await me.waitForTimeout(300);
    await shoot(me, "whiteboard");
    await Promise.all([me, other, third].map((page) => page.context().close()));

    async function openWindow(user) {
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1 });
      await context.addInitScript((name) => sessionStorage.setItem("edgerooms:user", name), user);
      const page = await context.newPage();
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && noise.push(message.text()));
      page.on("pageerror", (error) => noise.push(String(error)));
      return page;
    }
  }
}

await browser.close();
await server.stop();
console.log(folder);
for (const line of new Set(noise)) console.log(line);

async function placeOn(page, x, y) {
  const box = await page.locator("#board").boundingBox();
  return [box.x + box.width * x, box.y + box.height * y];
}

async function scribble(page, left, lift = true) {
  await page.locator("#board").scrollIntoViewIfNeeded();
  await page.mouse.move(...(await placeOn(page, left, 0.25)));
  await page.mouse.down();
  for (let step = 0; step <= 20; step++) {
    await page.mouse.move(...(await placeOn(page, left + 0.05 * Math.sin(step / 2), 0.25 + step * 0.02)));
  }
  if (lift) await page.mouse.up();
}
