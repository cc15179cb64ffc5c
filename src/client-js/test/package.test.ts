/** What is published: size, entries, types, and nothing else. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

declare const TEST_ROOT: string;
const GZIPPED_BYTES_MAX = 10 * 1024;
const REACT_BYTES_MAX = 1_000;
const read = (path: string) => readFileSync(join(TEST_ROOT, path), "utf8");

test("The bundle is under 10 KB gzipped, React's entry under 1 KB, and neither has a source of its own inside the other", () => {
  const [main, react] = [read("dist/index.js"), read("dist/react.js")].map((text) => gzipSync(text, { level: 9 }).length) as [number, number];
  assert.ok(main < GZIPPED_BYTES_MAX, `${main} bytes`);
  assert.ok(react < REACT_BYTES_MAX, `${react} bytes`);
});

test("The bundle is one module without dependencies, and says nothing to the console", async () => {
  const text = read("dist/index.js");
  assert.doesNotMatch(text, /(^|[;}\n])import[\s{"*(]|\brequire\(|console\./);
  assert.doesNotMatch(read("dist/react.js"), /console\.|from"(?!react"|\.\/index\.js")/);
  const module = await import(pathToFileURL(join(TEST_ROOT, "dist/index.js")).href) as object;
  assert.deepEqual(Object.keys(module).sort(), ["Doc", "EdgeRooms", "EdgeRoomsError", "Room"]);
});

test("No runtime dependency, and no registry host in what is committed", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, object | undefined>;
  assert.equal(manifest["dependencies"], undefined);
  assert.deepEqual(Object.values(manifest["devDependencies"] ?? {}).filter((version) => !/^\d+\.\d+\.\d+$/.test(version as string)), [], "pinned");
  assert.doesNotMatch(read("package-lock.json"), /"resolved"/);
});

test("A strict project compiles against the published types", { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "edgerooms-types-"));
  try {
    mkdirSync(join(folder, "node_modules/@edgerooms"), { recursive: true });
    symlinkSync(TEST_ROOT, join(folder, "node_modules/@edgerooms/client"));
    symlinkSync(join(TEST_ROOT, "node_modules/@types"), join(folder, "node_modules/@types"));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "use.ts"), `
      import { EdgeRooms, EdgeRoomsError, type Room } from "@edgerooms/client";
      import { useRoom } from "@edgerooms/client/react";
      const client = new EdgeRooms("wss://host", { token: () => "t", persist: true });
      const room: Room<{ a: number }> = client.room("doc/a");
      export const value: number | undefined = room.state?.a;
      export const hook: Room<{ a: number }> | null = useRoom<{ a: number }>(client, "doc/a");
      export const code: string = new EdgeRoomsError("a", "b").code;
    `);
    execFileSync(process.execPath, [join(TEST_ROOT, "node_modules/typescript/bin/tsc"), "--strict", "--noEmit", "--skipLibCheck", "false", "--target", "es2022",
      "--module", "nodenext", "--lib", "es2022,dom,dom.iterable", "--types", "react", "--exactOptionalPropertyTypes", "use.ts"], { cwd: folder, stdio: "pipe" });
  } catch (error) {
    assert.fail(String((error as { stdout?: Buffer }).stdout ?? error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("No file is longer than 300 lines", () => {
  for (const folder of ["src", "test", "test/support", "scripts"]) {
    for (const name of readdirSync(join(TEST_ROOT, folder)).filter((name) => /\.(ts|mjs)$/.test(name))) {
      const lines = read(`${folder}/${name}`).split("\n").length - 1;
      assert.ok(lines <= 300, `${folder}/${name} has ${lines}`);
    }
  }
});
