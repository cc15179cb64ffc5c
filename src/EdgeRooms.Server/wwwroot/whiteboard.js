/**
 * Whiteboard: a relay room. A finished stroke is the command `stroke` {points, color, width}, `clear` empties the board;
 * both are events and stay. Where a pointer is, and the ink that is still flowing from it, is the ephemeral `cursor`.
 */
import { element, openRoomPage, paintUser } from "./room-page.js";

const WIDTH = 1600;
const HEIGHT = 1000;
const INKS = ["ink", "red", "orange", "green", "blue", "violet"];
const POINTS_MAX = 600;
const PAST_MAX = 5_000;
const CURSOR_EVERY_MS = 50;
const CURSOR_FADES_MS = 5_000;

const board = document.querySelector("#board");
const canvas = document.querySelector("#canvas");
const tools = document.querySelector("#tools");
const dry = document.createElement("canvas"); // the strokes that are events, drawn once

let strokes = []; // events, by seq
let waiting = []; // mine, on their way
let mine = null; // under my pointer
let cleared = 0; // seq of the last `clear`
let readings = 0; // of the past; the last one counts
let frame = 0;
const cursors = new Map(); // member → {label, draft, fades}
const pointer = { x: 0, y: 0, sentAt: 0, sentPoints: 0, timer: 0 };

const { room } = await openRoomPage("whiteboard");
room.on("status", (status) => status === "live" && readings === 0 && readPast());
room.on("reset", () => {
  strokes = [];
  cleared = 0;
  redrawAll();
  readPast();
});
room.on("event", take);
room.optimistic(stillWaiting, []).on("state", (mine) => {
  waiting = mine;
  redraw();
});
room.on("ephemeral", ({ name, data, by, member }) => name === "cursor" && moveCursor(member, by, data ?? {}));
room.on("members", (members) => {
  for (const member of cursors.keys()) if (!members.some((other) => other.member === member)) removeCursor(member);
});

board.addEventListener("pointerdown", penDown);
board.addEventListener("pointermove", penMoves);
board.addEventListener("pointerup", penUp);
board.addEventListener("pointercancel", penUp);
document.querySelector("#clear").addEventListener("click", () => room.send("clear", {}));
tools.addEventListener("submit", (submit) => submit.preventDefault());
new ResizeObserver(redrawAll).observe(board);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);

// ---- events ----

function take({ seq, name, data, member }) {
  if (name === "clear" && seq > cleared) {
    cleared = seq;
    strokes = strokes.filter((stroke) => stroke.seq > cleared);
    redrawAll();
  }
  if (name !== "stroke" || seq <= cleared) return;
  const stroke = { seq, ...strokeOf(data) };
  const isNewest = strokes.length === 0 || strokes.at(-1).seq < seq;
  strokes.push(stroke);
  if (cursors.has(member)) cursors.get(member).draft = null;
  if (isNewest) {
    draw(dry.getContext("2d"), stroke);
    redraw();
  } else {
    strokes.sort((a, b) => a.seq - b.seq); // the past, read while newer ones arrived
    redrawAll();
  }
}

/** A relay room has no state to start from: the board is its events. Those after this moment come by themselves, the others are read here. */
async function readPast() {
  const reading = ++readings;
  const until = room.seq;
  if (until === 0) return;
  try {
    for await (const event of room.history({ after: Math.max(0, until - PAST_MAX) })) {
      if (reading !== readings || event.seq > until) return;
      take(event);
    }
  } catch {
    // A token without the right to the past, or a room that ended: the page says so; what comes is drawn all the same.
  }
}

/** The state of this page's view of the room: own strokes that the room has not said back yet. */
function stillWaiting(mine, { type, name, data }) {
  return type === "command" && name === "stroke" ? [...mine, strokeOf(data)] : mine;
}

/** Strokes come from strangers: whatever they hold, this is a drawable stroke. */
function strokeOf(data) {
  const points = Array.isArray(data?.points) ? data.points : [];
  return {
    points: points.filter((point) => Array.isArray(point) && point.every(Number.isFinite)).slice(0, 2 * POINTS_MAX),
    color: INKS.includes(data?.color) ? data.color : "ink",
    width: Math.min(60, Math.max(1, Number(data?.width) || 6)),
  };
}

// ---- my pen ----

function penDown(press) {
  if (press.button !== 0) return;
  board.setPointerCapture(press.pointerId);
  const { color, width } = Object.fromEntries(new FormData(tools));
  mine = { color, width: Number(width), points: [pointOf(press)] };
  pointer.sentPoints = 0;
  penMoves(press);
}

function penMoves(move) {
  const moves = move.getCoalescedEvents?.() ?? [];
  if (mine) for (const part of moves.length > 0 ? moves : [move]) addPoint(pointOf(part));
  [pointer.x, pointer.y] = pointOf(move);
  if (!pointer.timer) pointer.timer = setTimeout(sendCursor, Math.max(0, pointer.sentAt + CURSOR_EVERY_MS - Date.now()));
  redraw();
}

function addPoint([x, y]) {
  const [lastX, lastY] = mine.points.at(-1);
  if (Math.hypot(x - lastX, y - lastY) < 2) return;
  mine.points.push([x, y]);
  if (mine.points.length < POINTS_MAX) return;
  const goesOn = { ...mine, points: [[x, y]] };
  penUp();
  mine = goesOn;
  pointer.sentPoints = 0;
}

function penUp() {
  if (!mine) return;
  const stroke = mine;
  mine = null;
  room.send("stroke", stroke);
}

function sendCursor() {
  pointer.timer = 0;
  pointer.sentAt = Date.now();
  const { x, y } = pointer;
  const ink = mine && { color: mine.color, width: mine.width, points: mine.points.slice(Math.max(0, pointer.sentPoints - 1)) };
  if (mine) pointer.sentPoints = mine.points.length;
  room.ephemeral("cursor", ink ? { x, y, ink } : { x, y });
}

function pointOf({ clientX, clientY }) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const clamp = (value, max) => Math.round(Math.min(max, Math.max(0, value)));
  return [clamp(((clientX - left) / width) * WIDTH, WIDTH), clamp(((clientY - top) / height) * HEIGHT, HEIGHT)];
}

// ---- the others' cursors ----

function moveCursor(member, user, { x, y, ink }) {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return;
  const cursor = cursors.get(member) ?? addCursor(member, user);
  cursor.label.style.left = `${(x / WIDTH) * 100}%`;
  cursor.label.style.top = `${(y / HEIGHT) * 100}%`;
  clearTimeout(cursor.fades);
  cursor.fades = setTimeout(() => removeCursor(member), CURSOR_FADES_MS);
  if (ink) {
    const flow = strokeOf(ink);
    const before = cursor.draft?.points ?? [];
    // A part begins with the last point of the one before; drawn twice it would be a corner.
    if (before.length > 0 && String(before.at(-1)) === String(flow.points[0])) flow.points.shift();
    cursor.draft = { ...flow, points: [...before, ...flow.points].slice(-2 * POINTS_MAX) };
    redraw();
  }
}

function addCursor(member, user) {
  const label = paintUser(element("div", "cursor", element("span", "", user)), user);
  document.querySelector("#cursors").append(label);
  const cursor = { label, draft: null, fades: 0 };
  cursors.set(member, cursor);
  return cursor;
}

function removeCursor(member) {
  const cursor = cursors.get(member);
  clearTimeout(cursor.fades);
  cursor.label.remove();
  cursors.delete(member);
  redraw();
}

// ---- drawing ----

function redrawAll() {
  const scale = devicePixelRatio || 1;
  for (const surface of [canvas, dry]) {
    surface.width = Math.max(1, Math.round(board.clientWidth * scale));
    surface.height = Math.max(1, Math.round(board.clientHeight * scale));
  }
  const pen = dry.getContext("2d");
  for (const stroke of strokes) draw(pen, stroke);
  redraw();
}

function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(dry, 0, 0);
    const wet = [...waiting, ...[...cursors.values()].map(({ draft }) => draft), mine].filter(Boolean);
    for (const stroke of wet) draw(pen, stroke);
    document.querySelector("#empty").hidden = strokes.length + wet.length > 0;
    board.dataset.strokes = strokes.length;
  });
}

function draw(pen, { points, color, width }) {
  if (points.length === 0) return;
  const scale = canvas.width / WIDTH;
  const at = ([x, y]) => [x * scale, y * scale];
  pen.strokeStyle = getComputedStyle(board).getPropertyValue(`--ink-${color}`);
  pen.lineWidth = Math.max(1, width * scale);
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(...at(points[0]));
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    pen.quadraticCurveTo(...at([x, y]), ...at([(x + nextX) / 2, (y + nextY) / 2])); // smooth through the middles
  }
  pen.lineTo(...at(points.at(-1)));
  pen.stroke();
}
