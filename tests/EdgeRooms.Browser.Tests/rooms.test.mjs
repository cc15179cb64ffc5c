/** The demo pages in a real browser, against the server that server.mjs finds. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { startServer } from "./server.mjs";
import { live, roomName, scribble, strokes, Windows } from "./windows.mjs";

const screenshots = mkdtempSync(join(tmpdir(), "edgerooms-browser-shots-"));
let server;
let windows;

before(async () => {
  windows = await Windows.launch();
  server = await startServer();
  console.log(`server ${server.url}, screenshots in ${screenshots}`);
}, { timeout: 180_000 });

after(async () => {
  await windows?.close();
  await server?.stop();
});

afterEach(() => windows.clear());

const scenario = (name, body) => test(name, { timeout: 180_000 }, body); // a killed Postgres may take its time to recover

scenario("The start page leads to fresh rooms and its snippet runs as it stands", async () => {
  const page = await windows.open("ada");
  await page.goto(`${server.url}/`);
  await page.getByText("this server is ready").waitFor();

  for (const kind of ["chat", "whiteboard", "tictactoe"]) {
    const link = await page.locator(`a.demo[data-kind=${kind}]`).getAttribute("href");
    assert.match(link, new RegExp(`^/${kind}\\.html\\?room=[a-z]+-[a-z]+-\\d{3}$`));
  }
  const snippet = await page.locator("#snippet").textContent();
  const seq = await page.evaluate(`(async () => { ${snippet}; return seq; })()`);
  assert.ok(seq >= 1);
  for (const path of ["/healthz", "/readyz", "/metrics"]) assert.equal((await page.request.get(server.url + path)).status(), 200);
});

scenario("A page without a room in its address chooses one, and the address makes two windows meet", async () => {
  const first = await windows.open("ada");
  await first.goto(`${server.url}/chat.html`);
  await live(first);
  const address = first.url();
  assert.match(address, /\?room=[A-Za-z0-9_-]+$/);

  const popup = first.waitForEvent("popup");
  await first.getByRole("link", { name: "Open second window" }).click();
  const second = await popup;
  await live(second);

  assert.equal(second.url(), address);
  await first.locator("#member-count", { hasText: "2" }).waitFor();
  assert.notEqual(await first.locator("#user").inputValue(), await second.locator("#user").inputValue());
});

scenario("Chat messages arrive in both windows and are there again after a reload", async () => {
  const [ada, bob] = await openRoom("chat", "ada", "bob");
  await say(ada, "first");
  await seen(bob, "first");
  await say(bob, "second <b>not bold</b>");
  await seen(ada, "second <b>not bold</b>");
  await say(ada, "third");
  await seen(bob, "third");

  await ada.reload();
  await seen(ada, "third");

  assert.deepEqual(await bubbles(ada), ["first", "second <b>not bold</b>", "third"]);
  assert.deepEqual(await bubbles(bob), await bubbles(ada));
  assert.equal(await ada.locator("#seq").textContent(), "3");
  assert.deepEqual((await names(bob)).sort(), ["ada", "bob"]);
});

scenario("A dropped connection resumes with nothing missing", async () => {
  const [ada, bob] = await openRoom("chat", "ada", "bob");
  await say(ada, "before");
  await seen(bob, "before");

  await drop(ada);
  for (const text of ["one", "two", "three"]) await say(bob, text);

  await ada.getByText("Resumed at seq 4, 3 events replayed.").waitFor();
  assert.deepEqual(await bubbles(ada), ["before", "one", "two", "three"]);
  assert.deepEqual((await names(bob)).sort(), ["ada", "bob"], "the seat was kept");
});

scenario("A message written without a connection is sent once, even when the page is reloaded first", async () => {
  const [ada, bob] = await openRoom("chat", "ada", "bob");
  await say(ada, "online");
  await seen(bob, "online");

  await drop(ada);
  await say(ada, "offline");
  await ada.locator(".message.pending", { hasText: "offline" }).waitFor();
  await ada.reload();

  await seen(bob, "offline");
  await say(ada, "after");
  await seen(bob, "after");
  assert.deepEqual(await bubbles(bob), ["online", "offline", "after"]);
  await ada.locator(".message.pending").waitFor({ state: "detached" });
  assert.deepEqual(await bubbles(ada), ["online", "offline", "after"]);
});

scenario("A page that is reloaded in the middle of sending says everything once and in order", async () => {
  const [ada, bob] = await openRoom("chat", "ada", "bob");
  const texts = Array.from({ length: 40 }, (_, n) => `word ${n}`);
  await Promise.all([ada.waitForEvent("load"), ada.evaluate((all) => {
    const form = document.querySelector("#composer");
    for (const text of all) {
      form.elements.text.value = text;
      form.requestSubmit();
    }
    setTimeout(() => location.reload(), 5); // some are answered by then, some are on their way
  }, texts)]);
  await live(ada);
  await say(ada, "after");

  for (const page of [bob, ada]) {
    await seen(page, "after");
    assert.deepEqual(await bubbles(page), [...texts, "after"]);
  }
});

scenario("A browser that loses its network comes back with nothing missing", async () => {
  const [ada, bob] = await openRoom("chat", "ada", "bob");
  await say(ada, "before");
  await seen(bob, "before");

  const devtools = await ada.context().newCDPSession(ada);
  await devtools.send("Network.enable");
  await network(devtools, false);
  await ada.locator("[data-status=offline], [data-status=resuming]").waitFor();
  await say(bob, "while away");
  await say(ada, "from the tunnel");
  await network(devtools, true);

  await live(ada);
  await seen(bob, "from the tunnel");
  assert.deepEqual(await bubbles(bob), ["before", "while away", "from the tunnel"]);
  await ada.locator(".message.pending").waitFor({ state: "detached" });
  assert.deepEqual(await bubbles(ada), await bubbles(bob));
  windows.forgive();
});

scenario("Strokes appear in the second window, stay, and cursors are live", async () => {
  const [ada, bob] = await openRoom("whiteboard", "ada", "bob");
  await ada.getByTitle("Red", { exact: true }).click();
  await scribble(ada, 0.2);
  await strokes(bob, 1);
  await bob.locator(".cursor span", { hasText: "ada" }).waitFor();
  assert.ok(await inked(bob) > 100, "the second window shows the ink");

  await scribble(bob, 0.6);
  await strokes(ada, 2);
  await shoot(ada, "whiteboard");
  const late = await windows.open("late");
  await late.goto(ada.url());
  await strokes(late, 2);
  assert.ok(await inked(late) > 200, "who comes late sees the whole board");

  await drop(ada);
  await scribble(bob, 0.8);
  await ada.getByText(/Resumed at seq 3, 1 event replayed/).waitFor();
  await strokes(ada, 3);

  await bob.getByRole("button", { name: "Clear" }).click();
  await strokes(ada, 0);
  await ada.reload();
  await live(ada);
  await strokes(ada, 0);
});

scenario("Two windows play tic-tac-toe to the end although the server is killed with -9 in the middle", async () => {
  const [ada, bob, eve] = await openRoom("tictactoe", "ada", "bob", "eve");
  await play(ada, 4, "X", [bob, eve]);
  await ada.locator('[data-cell="0"]').click();
  await ada.locator("#refusal", { hasText: "rejected" }).waitFor();
  await play(bob, 0, "O", [ada, eve]);
  await play(ada, 2, "X", [bob, eve]);

  if (server.kill) {
    await server.kill();
    await Promise.all([ada, bob, eve].map((page) => page.locator("[data-status=offline]").waitFor()));
    await bob.locator('[data-cell="6"]').click();
    await bob.getByText("Your move is kept until the server is back.").waitFor();
    await shoot(bob, "tictactoe-killed");
    await server.start();
    windows.forgive();
  } else {
    console.log("this server is not ours to kill; the connections are dropped instead");
    await Promise.all([ada, bob, eve].map(drop));
    await bob.locator('[data-cell="6"]').click();
  }

  for (const page of [ada, bob, eve]) await page.locator('[data-cell="6"].mark-O').waitFor({ timeout: 45_000 }); // back-off goes up to 20 s
  await live(ada);
  await play(ada, 3, "X", [bob, eve]);
  await play(bob, 8, "O", [ada, eve]);
  await play(ada, 5, "X", [bob, eve]);
  await ada.getByText("You win!").waitFor();
  await bob.getByText("ada wins with X.").waitFor();
  await eve.getByText("ada wins with X.").waitFor();
  await eve.getByText("Watching: eve").waitFor();
  for (const page of [ada, bob, eve]) assert.equal(await page.locator("#seq").textContent(), "7");
  windows.forgive();

  const next = await bob.getByRole("link", { name: "New game" }).getAttribute("href");
  await bob.getByRole("link", { name: "New game" }).click();
  await live(bob);
  assert.equal(await ada.getByRole("link", { name: "follow" }).getAttribute("href"), next);
});

scenario("Tic-tac-toe can be played with the keyboard alone", async () => {
  const [ada, bob] = await openRoom("tictactoe", "ada", "bob");
  await ada.getByRole("button", { name: "Row 2, column 2, empty" }).focus();
  await ada.keyboard.press("ArrowUp");
  await ada.keyboard.press("ArrowRight");
  await ada.keyboard.press("Enter");

  await bob.getByRole("button", { name: "Row 1, column 3, X" }).waitFor();
});

scenario("A new name is a new member of the same room", async () => {
  const [ada, bob] = await openRoom("chat", "ada", "bob");
  await say(ada, "as ada");
  await seen(bob, "as ada");

  await ada.getByLabel("Your name").fill("Ada Lovelace");
  await ada.getByRole("button", { name: "Rename" }).click();
  await bob.locator(".members", { hasText: "Ada Lovelace" }).waitFor();

  await say(ada, "as Ada Lovelace");
  await bob.locator(".author", { hasText: "Ada Lovelace" }).waitFor();
  assert.deepEqual((await names(bob)).sort(), ["Ada Lovelace", "bob"]);
});

scenario("A duplicated tab becomes somebody else instead of taking the session over", async () => {
  const first = await windows.open("twin");
  const room = roomName();
  await first.goto(`${server.url}/chat.html?room=${room}`);
  await live(first);

  const second = await windows.listen(await first.context().newPage()); // starts with the same sessionStorage, as a duplicate does
  await second.goto(`${server.url}/chat.html?room=${room}`);
  await live(second);

  await first.locator("#member-count", { hasText: "2" }).waitFor();
  assert.notEqual(await second.locator("#user").inputValue(), "twin");
  assert.equal(await first.locator("#status").textContent(), "live");
});

scenario("Where no demo tokens are handed out the page says so", async () => {
  const page = await windows.open("ada");
  await page.route("**/dev/token*", (route) => route.fulfill({ status: 404 }));
  await page.goto(`${server.url}/chat.html?room=${roomName()}`);

  await page.locator("[data-status=closed]").waitFor();
  await page.getByRole("alert").filter({ hasText: "not in Development" }).waitFor();
  await page.getByText("(unauthenticated)").waitFor();
  await shoot(page, "no-token");
  windows.forgive(/status of 404/);
});

scenario("A token in the address is used as it is", async () => {
  const page = await windows.open("ada");
  const token = await (await page.request.get(`${server.url}/dev/token?user=grace`)).text();
  await page.goto(`${server.url}/chat.html?room=${roomName()}&token=${token.trim()}`);
  await live(page);

  assert.deepEqual(await names(page), ["grace"]);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 1280]) {
    scenario(`All pages fit ${width} pixels in ${colorScheme}`, async () => {
      const page = await windows.open("ada", { colorScheme, viewport: { width, height: 844 } });
      const room = roomName();
      for (const path of ["/", `/chat.html?room=${room}`, `/whiteboard.html?room=${room}`, `/tictactoe.html?room=${room}`]) {
        await page.goto(server.url + path);
        await live(page);
        assert.equal(await page.locator('meta[http-equiv="Content-Security-Policy"]').count(), 1);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${path} is ${wider} pixels too wide`);
        await shoot(page, `${path.slice(1).split(".")[0] || "home"}-${colorScheme}-${width}`);
      }
    });
  }
}

// ---- windows ----

async function openRoom(kind, ...users) {
  const room = roomName();
  const pages = [];
  for (const user of users) {
    const page = await windows.open(user);
    await page.goto(`${server.url}/${kind}.html?room=${room}`);
    await live(page);
    pages.push(page);
  }
  for (const page of pages) await page.locator("#member-count", { hasText: String(users.length) }).waitFor();
  return pages;
}

const names = (page) => page.locator(".members .name").allTextContents();
const shoot = (page, name) => page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });

async function drop(page) {
  await page.getByRole("button", { name: "Drop my connection" }).click();
  await page.locator("[data-status=offline]").waitFor();
}

function network(devtools, online) {
  return devtools.send("Network.emulateNetworkConditions", { offline: !online, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
}

// ---- chat ----

async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

const seen = (page, text) => page.locator(".message:not(.pending) .bubble").getByText(text, { exact: true }).waitFor();
const bubbles = (page) => page.locator(".message .bubble").allTextContents();

// ---- whiteboard ----

function inked(page) {
  return page.locator("#canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count++;
    return count;
  });
}

// ---- tic-tac-toe ----

async function play(page, cell, mark, others) {
  await page.locator(`[data-cell="${cell}"]`).click();
  for (const window of [page, ...others]) await window.locator(`[data-cell="${cell}"].mark-${mark}`).waitFor();
}
