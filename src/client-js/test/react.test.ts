/** The hooks, in React's strict mode, which mounts everything twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement, StrictMode } from "react";
import { act, create, type ReactTestRenderer } from "react-test-renderer";
import type { EdgeRooms } from "../src/index.ts";
import { useDoc, useEvent, useMembers, useRoom, useStatus } from "../src/react.ts";
import { settled } from "./support/fake-clock.ts";
import { ack, event } from "./support/scripted-server.ts";
import { scripted } from "./support/setup.ts";

const quiet = console.error;
console.error = (...words: unknown[]) => /deprecated/.test(String(words[0])) || quiet(...words); // the renderer's word on itself
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const heard: unknown[] = [];
let rename: (title: string) => void = () => {};

function Page({ client, id, name }: { client: EdgeRooms; id: string; name: string }) {
  const room = useRoom(client, id);
  const members = useMembers(room);
  const status = useStatus(room);
  const [title, setTitle] = useDoc<string>(room, "/title");
  rename = setTitle;
  useEvent(room, name, ({ seq }) => heard.push([name, seq]));
  return createElement("p", null, `${id} ${status} ${members.length} ${title ?? "-"}`);
}

const page = (client: EdgeRooms, id: string, name = "*") => createElement(StrictMode, null, createElement(Page, { client, id, name }));
const textOf = (renderer: ReactTestRenderer) => (renderer.toJSON() as unknown as { children: string[] }).children[0];

test("A component shows its room, its members, its document and its own changes; it leaves with the last one", async () => {
  const { client, server } = scripted();
  let renderer!: ReactTestRenderer;
  await act(async () => { renderer = create(page(client, "doc/a")); });
  assert.equal(textOf(renderer), "doc/a connecting 0 -");

  const connection = await server.next();
  await act(() => connection.letIn({ state: { title: "T" } }));
  assert.equal(textOf(renderer), "doc/a live 1 T");
  assert.equal(connection.all("join").length, 1, "strict mode mounts twice and joins once");

  await act(async () => connection.say({ ...event(1, { name: "set", data: { path: "/title", value: "U" } }), room: "doc/a" }));
  assert.equal(textOf(renderer), "doc/a live 1 U");
  await act(async () => rename("mine"));
  assert.equal(textOf(renderer), "doc/a live 1 mine");
  const [sent] = await connection.take("send");
  await act(async () => connection.say(ack(sent!, 2)));

  await act(async () => renderer.update(page(client, "doc/b", "set")));
  assert.deepEqual(connection.all("leave").map(({ room }) => room), ["doc/a"]);
  await act(async () => connection.letIn({ state: {}, members: [] }));
  assert.equal(textOf(renderer), "doc/b live 0 -");
  await act(async () => connection.say({ ...event(1, { name: "set", data: {} }), room: "doc/b" }, { ...event(2), room: "doc/b" }));
  assert.deepEqual(heard, [["*", 1], ["set", 1]]);

  await act(async () => renderer.unmount());
  await settled();
  assert.deepEqual(connection.all("leave").map(({ room }) => room), ["doc/a", "doc/b"]);
});
