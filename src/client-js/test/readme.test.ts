/** The READMEs' page in Chromium and their console programs, in Node and in .NET, talk to each other through killed servers without losing a word. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Chromium, chromiumPath, type Tab } from "./support/chromium.ts";
import { startServer, until, type Server } from "./support/server.ts";

declare const TEST_ROOT: string;

const [page, program] = [blockOf("html"), blockOf("js")];
const skip = chromiumPath ? false : "no Chromium here: apt-get install chromium, or name one in EDGEROOMS_CHROMIUM";
const folder = mkdtempSync(join(tmpdir(), "edgerooms-readme-"));
const children: ChildProcess[] = [];
let server: Server;
let site: HttpServer;
let origin: string;
let browser: Chromium;

before(async () => {
  if (skip) return;
  site = createServer((request, response) => void serve(request.url ?? "/").then(({ type, body }) => {
    response.writeHead(200, { "content-type": type }).end(body);
  }, () => response.writeHead(503).end()));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  process.env["EdgeRooms__AllowedOrigins__0"] = origin;
  server = await startServer();
  browser = await Chromium.launch();
}, { timeout: 180_000 });

after(async () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  if (skip) return;
  await browser.close();
  site.close();
  await server.stop();
}, { timeout: 60_000 });

test("The page and the program have about 30 lines each", () => {
  for (const text of [page, program]) assert.ok(text.trim().split("\n").length <= 35);
});

test("The repository's README shows this page", () => {
  assert.equal(blockOf("html", "../../README.md"), page);
});

test("Page and programs talk to each other through killed servers without losing a word", { skip, timeout: 180_000 }, async () => {
  const ada = await openPage("ada");
  const [bob, cleo] = [startNodeProgram("bob"), startDotnetProgram("cleo")];
  await until(() => [bob, cleo].every(({ output }) => /\(live\)/i.test(output())));
  const say = [(word: string) => ada.run(submit(`"${word}"`)), bob.say, cleo.say];
  let words = 0;
  const sayAll = async (count: number) => {
    for (let n = 0; n < count; n++, words++) await say[words % 3]!(`word ${words}`);
  };
  for (let round = 0; round < 3; round++) {
    await sayAll(9);
    await server.kill();
    await sayAll(9);
    await server.start();
  }
  await until(async () => (await wordsOf(ada)).length === words && [bob, cleo].every((program) => program.words().length === words), 60_000,
    async () => `of ${words} words ada heard ${(await wordsOf(ada)).join()}, bob ${bob.output()}, cleo ${cleo.output()}`);

  const heard = await wordsOf(ada);
  for (const program of [bob, cleo]) assert.deepEqual(program.words(), heard, "all heard the same, in the same order");
  for (const [rest, who] of ["ada", "bob", "cleo"].entries()) {
    const said = Array.from({ length: words }, (_, n) => n).filter((n) => n % 3 === rest).map((n) => `${who}: word ${n}`);
    assert.deepEqual(heard.filter((word) => word.startsWith(who)), said, "each word once, in the order of saying");
  }
  for (const program of [bob, cleo]) program.end();
  assert.deepEqual(await Promise.all([bob.ended, cleo.ended]), [0, 0]);
});

test("A page that is reloaded in the middle of sending says each word once", { skip, timeout: 120_000 }, async () => {
  const carl = await openPage("carl");
  await carl.run(`for (let n = 0; n < 50; n++) ${submit("`reload ${n}`")}; location.reload()`);
  await carl.until(`document.getElementById("status").value === "live"`);
  await carl.run(submit('"after"'));
  await carl.until(`document.getElementById("words").lastElementChild?.textContent === "carl: after"`);

  const heard = (await wordsOf(carl)).filter((word) => word.startsWith("carl"));
  assert.deepEqual(heard.slice(-50), [...Array.from({ length: 49 }, (_, n) => `carl: reload ${n + 1}`), "carl: after"]);
});

test("A page that was offline says and hears what it missed", { skip, timeout: 120_000 }, async () => {
  const [dora, emil] = [await openPage("dora"), await openPage("emil")];
  const offline = (yes: boolean) => dora.send("Network.emulateNetworkConditions", { offline: yes, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await dora.send("Network.enable", {});
  await offline(true);
  await dora.until("!navigator.onLine");
  await dora.run(submit('"from offline"'));
  await emil.run(submit('"missed"'));
  await emil.until(`document.getElementById("words").lastElementChild?.textContent.startsWith("emil: missed")`);
  await offline(false);
  for (const tab of [dora, emil]) {
    await tab.until(`[...document.querySelectorAll("li")].some((li) => li.textContent === "dora: from offline")`);
    await tab.until(`[...document.querySelectorAll("li")].some((li) => li.textContent === "emil: missed")`);
  }

  assert.deepEqual((await wordsOf(dora)).slice(-2).sort(), (await wordsOf(emil)).slice(-2).sort());
});

const submit = (text: string) =>
  `{ document.forms[0].elements.text.value = ${text}; document.forms[0].requestSubmit(); }`;

async function openPage(user: string): Promise<Tab> {
  const tab = await browser.open(`${origin}/?user=${user}&server=${encodeURIComponent(server.url)}`);
  await tab.until(`document.getElementById("status")?.value === "live"`);
  return tab;
}

function wordsOf(tab: Tab): Promise<string[]> {
  return tab.run<string[]>(`[...document.querySelectorAll("li")].map((li) => li.textContent)`);
}

function startNodeProgram(user: string) {
  mkdirSync(join(folder, "node_modules/@edgerooms"), { recursive: true });
  symlinkSync(TEST_ROOT, join(folder, "node_modules/@edgerooms/client"));
  writeFileSync(join(folder, "chat.mjs"), program);
  const flags = "WebSocket" in globalThis ? [] : ["--experimental-websocket"];
  return startProgram(process.execPath, [...flags, "chat.mjs", server.url, user]);
}

/** The program of the .NET client's README; its tests see to it that it is the same. EDGEROOMS_CHAT names one that was compiled ahead of time. */
function startDotnetProgram(user: string) {
  const ahead = process.env["EDGEROOMS_CHAT"];
  return ahead ? startProgram(ahead, [server.url, user]) : startProgram("dotnet", [join(TEST_ROOT, "../../tests/EdgeRooms.Client.Chat/bin/Release/net10.0/EdgeRooms.Client.Chat.dll"), server.url, user]);
}

function startProgram(file: string, args: string[]) {
  const child = spawn(file, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  let output = "";
  child.stdout.on("data", (text) => { output += String(text); });
  return {
    output: () => output,
    words: () => output.split("\n").filter((line) => /^\w+: /.test(line)),
    say: (line: string) => child.stdin.write(`${line}\n`),
    end: () => child.stdin.end(),
    ended: new Promise<number | null>((resolve) => child.on("exit", resolve)),
  };
}

/** The page, its module, and the token of the server behind it. */
async function serve(path: string): Promise<{ type: string; body: string }> {
  if (path.startsWith("/dev/token")) return { type: "text/plain", body: await (await fetch(server.url + path)).text() };
  if (path === "/edgerooms.js") return { type: "text/javascript", body: readFileSync(join(TEST_ROOT, "dist/index.js"), "utf8") };
  return { type: "text/html", body: page };
}

function blockOf(language: string, readme = "README.md"): string {
  const text = readFileSync(join(TEST_ROOT, readme), "utf8");
  return new RegExp("```" + language + "\n([^]*?)```").exec(text)?.[1] ?? assert.fail(`${readme} has no ${language}.`);
}
