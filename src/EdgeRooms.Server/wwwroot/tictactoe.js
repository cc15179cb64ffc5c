/** Tic-tac-toe: the room is the referee. This page folds its `played` events over the state that the room told. */
import { openRoomPage, paintUser, randomRoom, wordsOf } from "./room-page.js";

const LINES = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];
const NO_GAME = { board: Array(9).fill(null), players: {}, turn: "X", winner: null };
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const cells = [...document.querySelectorAll(".cell")];
const verdict = document.querySelector("#verdict");
const newGame = document.querySelector("#new-game");
const rematch = document.querySelector("#rematch");
let game = NO_GAME;
let users = [];

const nextRoom = randomRoom();
newGame.href = gameAddress(nextRoom);

const { room, me } = await openRoomPage("tictactoe");
room.optimistic(folded, NO_GAME).on("state", show);
room.on("status", () => show(game));
room.on("members", (members) => {
  users = [...new Set(members.map(({ user }) => user))];
  show(game);
});
room.on("ephemeral", ({ name, data, by }) => name === "rematch" && offerRematch(by, data?.room));

for (const cell of cells) {
  cell.addEventListener("click", () => play(Number(cell.dataset.cell)));
  cell.addEventListener("keydown", moveFocus);
}
newGame.addEventListener("click", () => room.ephemeral("rematch", { room: nextRoom }));

/** The room decides. This page refuses only what cannot be, so that a click in the wrong turn shows the room's own words. */
function play(cell) {
  if (game.board[cell] || game.winner || game.waiting !== undefined) return;
  room.send("play", { cell }).catch((error) => (verdict.textContent = wordsOf(error)));
}

/** A move of mine is shown as waiting until the room has said what became of it: whether it stands is the room's to say. */
function folded(state, { type, name, data }) {
  if (type === "event") return name === "played" ? played(state, data) : state;
  return name === "play" ? { ...state, waiting: data.cell } : state;
}

function played({ board, players, turn }, { cell, mark, user }) {
  const next = board.with(cell, mark);
  const won = winningLine(next) !== null;
  return {
    board: next,
    players: { ...players, [mark]: user },
    turn: turn === "X" ? "O" : "X",
    winner: won ? mark : next.every(Boolean) ? "draw" : null,
  };
}

function winningLine(board) {
  return LINES.find(([a, b, c]) => board[a] && board[a] === board[b] && board[a] === board[c]) ?? null;
}

function show(state) {
  game = state;
  const line = game.winner ? winningLine(game.board) : null;
  cells.forEach((cell, at) => {
    const mark = game.board[at];
    cell.className = `cell${mark ? ` mark-${mark}` : ""}${line?.includes(at) ? " won" : ""}${at === game.waiting ? " waiting" : ""}`;
    cell.setAttribute("aria-disabled", String(mark !== null || game.winner !== null));
    const where = `Row ${Math.floor(at / 3) + 1}, column ${(at % 3) + 1}`;
    cell.setAttribute("aria-label", `${where}, ${mark ?? (at === game.waiting ? "sending" : "empty")}`);
  });
  showSeat("X");
  showSeat("O");
  const sentence = verdictOf(game);
  if (verdict.textContent !== sentence) verdict.textContent = sentence;
  verdict.dataset.over = String(game.winner !== null);
  newGame.classList.toggle("primary", game.winner !== null);
  showSpectators();
}

function showSeat(mark) {
  const seat = document.querySelector(`#seat-${mark}`);
  const user = game.players[mark] ?? null;
  document.querySelector(`#player-${mark}`).textContent = user ?? "free seat";
  if (user) paintUser(seat, user);
  seat.classList.toggle("free", !user);
  seat.classList.toggle("turn", !game.winner && game.turn === mark);
  seat.classList.toggle("away", user !== null && !users.includes(user));
}

function verdictOf({ players, turn, winner, waiting }) {
  if (room.epoch === undefined) return "Joining the game.";
  if (waiting !== undefined && room.status !== "live") return "Your move is kept until the server is back.";
  if (winner === "draw") return "A draw. Nobody loses.";
  if (winner) return players[winner] === me() ? "You win!" : `${players[winner]} wins with ${winner}.`;
  const mine = players.X === me() ? "X" : players.O === me() ? "O" : null;
  if (players[turn]) return players[turn] === me() ? `Your turn, you are ${turn}.` : `Waiting for ${players[turn]} to play ${turn}.`;
  return mine ? `Waiting for someone to take ${turn}.` : `Take the seat of ${turn}: play any cell.`;
}

function showSpectators() {
  const watching = users.filter((user) => user !== game.players.X && user !== game.players.O);
  const text = watching.length > 0 ? `Watching: ${watching.join(", ")}` : "Nobody is watching. Open a second window to play against yourself.";
  document.querySelector("#spectators").textContent = text;
}

function offerRematch(by, next) {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(next ?? "")) return;
  const link = document.createElement("a");
  link.href = gameAddress(next);
  link.textContent = "follow";
  rematch.replaceChildren(`${by} went on to a new game: `, link);
  rematch.hidden = false;
}

function gameAddress(name) {
  const address = new URL(location.href);
  address.searchParams.set("room", name);
  return address.href;
}

function moveFocus(press) {
  const step = STEPS[press.key];
  if (!step) return;
  press.preventDefault();
  const at = Number(press.currentTarget.dataset.cell);
  const row = (Math.floor(at / 3) + step[0] + 3) % 3;
  const column = ((at % 3) + step[1] + 3) % 3;
  for (const cell of cells) cell.tabIndex = -1;
  const next = cells[row * 3 + column];
  next.tabIndex = 0;
  next.focus();
}
