/**
 * A stand-in for the server while pages are built: serves wwwroot and speaks the part of `edgerooms.v1` that the pages
 * use, with relay and tictactoe rooms. It checks no token. Events go to a file in EdgeRooms__DataDirectory where that is
 * set, so that it may be killed like the real one. Start: `npm run fake [port]`.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const WWWROOT = fileURLToPath(new URL("../../src/EdgeRooms.Server/wwwroot/", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'self'; connect-src 'self' ws: wss:";
const LINES = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

class Rejected extends Error {}

const relay = { initial: () => undefined, decide: (_state, _user, name, data) => ({ name, data }), apply: (state) => state };

const tictactoe = {
  initial: () => ({ board: Array(9).fill(null), players: { X: null, O: null }, turn: "X", winner: null }),
  decide(state, user, name, { cell } = {}) {
    if (name !== "play") throw new Rejected(`There is no command '${name}' here.`);
    if (state.winner) throw new Rejected("The game is over.");
    if (!Number.isInteger(cell) || cell < 0 || cell > 8) throw new Rejected("A cell is a number from 0 to 8.");
    if (state.board[cell]) throw new Rejected("That cell is taken.");
    const other = state.turn === "X" ? "O" : "X";
    if (state.players[other] === user) throw new Rejected("It is not your turn.");
    if (state.players[state.turn] && state.players[state.turn] !== user) throw new Rejected("Both seats are taken.");
    return { name: "played", data: { cell, mark: state.turn, user } };
  },
  apply(state, { data: { cell, mark, user } }) {
    const board = state.board.with(cell, mark);
    const won = LINES.some((line) => line.every((at) => board[at] === mark));
    const winner = won ? mark : board.every(Boolean) ? "draw" : null;
    return { board, players: { ...state.players, [mark]: user }, turn: mark === "X" ? "O" : "X", winner };
  },
};

const KINDS = { chat: relay, whiteboard: relay, relay, tictactoe };

class FakeRoom {
  constructor(id, store) {
    this.id = id;
    this.store = store;
    this.kind = KINDS[id.split("/")[0]];
    this.events = [];
    this.state = this.kind.initial();
    this.members = new Map(); // member id → {member, user, data, socket, leaving}
    this.sessions = new Map(); // session → {cmd, seq}
  }

  broadcast(frame, except) {
    for (const { member, socket } of this.members.values()) if (member !== except) say(socket, { room: this.id, ...frame });
  }

  enter(socket, session, user, query) {
    const member = `m-${session.slice(0, 8)}`;
    const known = this.members.get(member);
    clearTimeout(known?.leaving);
    if (known?.socket && known.socket !== socket) known.socket.close(4005, "replaced");
    this.members.set(member, { member, user, data: known?.data ?? null, socket });
    const members = [...this.members.values()].map(({ member, user, data }) => ({ member, user, data }));
    const since = query.has("since") ? Number(query.get("since")) : null;
    const seq = this.events.length;
    const recovered = since !== null && since <= seq && (query.get("epoch") ?? "1") === "1";
    say(socket, { type: "joined", room: this.id, epoch: "1", seq, recovered, member, members, ...(recovered ? {} : { state: this.state }) });
    const replay = recovered ? this.events.slice(since) : this.events.slice(Math.max(0, seq - Number(query.get("history") ?? 0)));
    for (const event of replay) say(socket, event);
    if (!known) this.broadcast({ type: "members", joined: [{ member, user, data: null }] }, member);
    return member;
  }

  leave(member, atOnce) {
    const known = this.members.get(member);
    if (!known) return;
    known.socket = null;
    known.leaving = setTimeout(() => {
      this.members.delete(member);
      this.broadcast({ type: "members", left: [{ member, user: known.user, data: known.data }] });
    }, atOnce ? 0 : 10_000);
    known.leaving.unref();
  }

  take(session, event) {
    this.events.push(event);
    this.state = this.kind.apply(this.state, event);
    if (event.cmd !== undefined) this.sessions.set(session, { cmd: event.cmd, seq: event.seq });
  }

  send(socket, session, user, member, { id, cmd, name, data }) {
    const last = this.sessions.get(session) ?? { cmd: 0, seq: 0 };
    if (cmd !== undefined && cmd <= last.cmd) return say(socket, { type: "ack", id, room: this.id, cmd, seq: last.seq, dup: true });
    try {
      const decided = this.kind.decide(this.state, user, name, data ?? {});
      const event = { type: "event", room: this.id, seq: this.events.length + 1, ...decided, by: user, member, cmd, at: Date.now() };
      this.store(session, event);
      this.take(session, event);
      this.broadcast(event);
      say(socket, { type: "ack", id, room: this.id, cmd, seq: event.seq });
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      say(socket, { type: "error", id, room: this.id, cmd, code: "rejected", message: error.message, retry: false });
    }
  }
}

async function startFakeServer(port, folder) {
  const rooms = new Map();
  const log = folder && join(folder, "events.log");
  const store = (session, event) => log && appendFileSync(log, `${JSON.stringify({ session, event })}\n`);
  const roomOf = (id) => rooms.get(id) ?? rooms.set(id, new FakeRoom(id, store)).get(id);
  if (log && existsSync(log)) {
    for (const line of readFileSync(log, "utf8").split("\n").filter(Boolean)) {
      const { session, event } = JSON.parse(line);
      roomOf(event.room).take(session, event);
    }
  }
  const http = createServer(serve);
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "edgerooms.v1" });
  http.on("upgrade", (request, tcp, head) => {
    const url = new URL(request.url, "http://fake");
    const match = /^\/rooms\/([a-z][a-z0-9-]{0,31}\/[A-Za-z0-9_-]{1,64})$/.exec(url.pathname);
    if (!match || !KINDS[match[1].split("/")[0]]) return tcp.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    const token = /edgerooms\.auth\.bearer\.([^, ]+)/.exec(request.headers["sec-websocket-protocol"] ?? "")?.[1];
    sockets.handleUpgrade(request, tcp, head, (socket) => attend(socket, match[1], token, url.searchParams));
  });

  function attend(socket, id, token, query) {
    if (!token) return socket.close(1008, "Missing auth token");
    const user = JSON.parse(Buffer.from(token.split(".")[1], "base64url")).sub;
    const session = query.get("session") ?? randomUUID();
    const room = roomOf(id);
    say(socket, { type: "welcome", session, connection: randomUUID(), user, node: "fake", pingMs: 25_000, maxFrameBytes: 65_536,
      commandsPerSecond: 100, commandBurst: 200, expiresAt: Date.now() + 3_600_000 });
    const member = room.enter(socket, session, user, query);
    socket.on("message", (text) => {
      for (const line of String(text).split("\n")) hear(JSON.parse(line));
    });
    socket.on("close", (code) => room.members.get(member)?.socket === socket && room.leave(member, code === 1000));

    function hear(frame) {
      if (frame.type === "send") room.send(socket, session, user, member, frame);
      if (frame.type === "ephemeral") room.broadcast({ ...frame, by: user, member }, member);
      if (frame.type === "ping") say(socket, { type: "pong" });
      if (frame.type === "history") {
        const events = room.events.slice(frame.after, frame.after + Math.min(500, frame.limit));
        say(socket, { type: "page", id: frame.id, room: room.id, events, more: frame.after + events.length < room.events.length });
      }
    }
  }

  await new Promise((resolve) => http.listen(port, "127.0.0.1", resolve));
}

async function serve(request, response) {
  const url = new URL(request.url, "http://fake");
  const headers = { "content-security-policy": CSP, "cache-control": "no-store" };
  if (["/healthz", "/readyz", "/metrics"].includes(url.pathname)) return response.writeHead(200, headers).end("ok\n");
  if (url.pathname === "/dev/token") {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { sub: url.searchParams.get("user"), exp: Math.floor(Date.now() / 1000) + 3600 };
    return response.writeHead(200, { ...headers, "content-type": "text/plain" }).end(`${part({ alg: "none" })}.${part(claims)}.fake`);
  }
  const path = normalize(url.pathname === "/" ? "/index.html" : url.pathname);
  try {
    const body = await readFile(join(WWWROOT, path));
    response.writeHead(200, { ...headers, "content-type": `${TYPES[extname(path)] ?? "application/octet-stream"}; charset=utf-8` }).end(body);
  } catch {
    response.writeHead(404, headers).end("not found\n");
  }
}

function say(socket, frame) {
  if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
}

const port = Number(process.argv[2] ?? 8080);
await startFakeServer(port, process.env.EdgeRooms__DataDirectory);
console.log(`EdgeRooms ready on http://127.0.0.1:${port}`);
