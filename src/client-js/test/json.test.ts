/** Merge patch, pointers and the doc helper, by the rules of the server's `doc`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyDoc } from "../src/doc.ts";
import { equal, mergePatch, parsePointer, readPointer, setPointer, type Json } from "../src/json.ts";
import { ack, event, refusal } from "./support/scripted-server.ts";
import { live, outcome, ROOM, scripted } from "./support/setup.ts";

/** RFC 7396, Appendix A. */
const PATCHES: [target: string, patch: string, result: string][] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', "{}"],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', "null", "null"],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
  ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

for (const [target, patch, result] of PATCHES) {
  test(`Merge patch ${patch} on ${target}`, () => {
    const before = JSON.parse(target) as Json;
    assert.deepEqual(mergePatch(before, JSON.parse(patch) as Json), JSON.parse(result));
    assert.deepEqual(before, JSON.parse(target), "the target stays as it is");
  });
}

/** RFC 6901, 5. */
test("Pointers of RFC 6901", () => {
  const document: Json = { foo: ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8 };
  const read = (pointer: string) => readPointer(document, parsePointer(pointer)!);
  assert.equal(read(""), document);
  assert.deepEqual(read("/foo"), ["bar", "baz"]);
  assert.deepEqual(["/foo/0", "/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", '/k"l', "/ ", "/m~0n"].map(read), ["bar", 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(["/foo/2", "/foo/-", "/foo/00", "/none", "/foo/0/x", "/constructor"].map(read), Array(6).fill(undefined));
  assert.deepEqual(["foo", "/~", "/~2", "/a~"].map(parsePointer), Array(4).fill(undefined));
});

test("Setting makes missing parents, appends, replaces, and refuses what the server refuses", () => {
  const set = (document: Json, pointer: string, value: Json) => setPointer(document, parsePointer(pointer)!, value);
  assert.deepEqual(set({}, "/a/b/0", 1), { a: { b: { 0: 1 } } });
  assert.deepEqual(set({ a: [1] }, "/a/-", 2), { a: [1, 2] });
  assert.deepEqual(set({ a: [1] }, "/a/1", 2), { a: [1, 2] });
  assert.deepEqual(set({ a: [1, 2, 3] }, "/a/1", 9), { a: [1, 9, 3] });
  assert.deepEqual(set({ a: [{ b: 1 }] }, "/a/0/b", null), { a: [{ b: null }] });
  assert.deepEqual(set({ a: [] }, "/a/-/-/x", 1), { a: [{ "-": { x: 1 } }] });
  assert.deepEqual(set({ a: 1 }, "", { b: 2 }), { b: 2 });
  for (const [document, pointer] of [[{ a: [1] }, "/a/2"], [{ a: [1] }, "/a/01"], [{ a: [1] }, "/a/x"], [{ a: 1 }, "/a/b"], [{ a: null }, "/a/b"]] as const) {
    assert.equal(set(document, pointer, 1), undefined, pointer);
  }
});

test("Members named like an object's own workings are members like others", () => {
  const document = setPointer({}, ["__proto__", "polluted"], true) as { [name: string]: Json };
  assert.equal(JSON.stringify(document), '{"__proto__":{"polluted":true}}');
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Json);
  assert.equal(JSON.stringify(merged), '{"__proto__":{"polluted":true},"constructor":1}');
  assert.equal(equal(document, JSON.parse('{"__proto__":{"polluted":true}}') as Json), true);
});

test("A document stays an object whatever a change says", () => {
  for (const data of [{ patch: [1] }, { patch: null }, { patch: 1 }, {}, null]) {
    assert.deepEqual(applyDoc({ a: 1 }, { type: "command", name: "patch", data }), { a: 1 });
  }
  for (const data of [{ path: "", value: 1 }, { path: "x", value: 1 }, { path: "/a/b", value: 1 }, { value: 1 }, null]) {
    assert.deepEqual(applyDoc({ a: 1 }, { type: "command", name: "set", data }), { a: 1 });
  }
});

test("Own changes show at once, others' are merged under them, and a refused one disappears", async () => {
  const { client, connection } = await live({ state: { todo: ["a"] } });
  const doc = client.room<{ todo: string[]; title?: string }>(ROOM).doc();
  const seen: unknown[] = [];
  doc.subscribe("/todo", (value) => seen.push(value));
  const appended = doc.set("/todo/-", "mine");
  const titled = doc.patch({ title: "T" }).then(() => "", (error: { code: string }) => error.code);
  assert.deepEqual(doc.get(), { todo: ["a", "mine"], title: "T" });

  const [one, two] = await connection.take("send");
  connection.say(event(1, { name: "set", data: { path: "/todo/-", value: "theirs" } }));
  assert.deepEqual(doc.get("/todo"), ["a", "theirs", "mine"]);
  connection.say(event(2, { name: "set", data: { path: "/todo/-", value: "mine" }, member: "m1", cmd: 1 }), ack(one!, 2), refusal(two!, "rejected", false));

  assert.equal(await outcome(appended), "seq 2");
  assert.equal(await titled, "rejected");
  assert.deepEqual(doc.get(), { todo: ["a", "theirs", "mine"] });
  assert.deepEqual(seen, [["a", "mine"], ["a", "theirs", "mine"]], "once per change of the path, and for no other");
});

test("Commands are what the kind takes; a bad pointer is refused at once", async () => {
  const { client, connection } = await live({ state: {} });
  const doc = client.room(ROOM).doc();
  void doc.set("/a~1b", null, { ifSeq: 3 });
  void doc.patch({ a: null });

  assert.deepEqual((await connection.take("send")).map(({ name, data }) => [name, data]), [
    ["set", { path: "/a~1b", value: null, ifSeq: 3 }], ["patch", { patch: { a: null } }],
  ]);
  assert.throws(() => doc.set("a", 1), TypeError);
  assert.throws(() => doc.subscribe("/~", () => {}), TypeError);
});

test("A document that is not known yet is empty", () => {
  const doc = scripted().client.room(ROOM).doc();
  assert.deepEqual(doc.get(), {});
  assert.equal(doc.get("/a"), undefined);
});
