// A square to draw a digit on, white on black, with Undo and Clear.
// data: { name: of this canvas, theme: "light" | "dark", drawn: whether Python has a picture }.
// State "drawing": 280 × 280 grey values, zlib and base64, sent once shortly after the last stroke; null when empty.
const SIDE = 280; // pixels a side of the picture that is sent; strokes are in its coordinates
const SCALE = 2; // screen pixels for each of them
const BRUSH = 20; // width of a stroke
const DELAY_MS = 300; // from the end of a stroke until the picture is sent
const MARKUP = `
<style>
  :host { display: block; }
  .board { --ink: #14181d; --frame: #8a919c; --ground: #ffffff; --accent: #3d5a80;
    width: min(100%, ${SIDE}px); font: 14px var(--st-font, sans-serif); color: var(--ink); }
  .board[data-theme="dark"] { --ink: #e8ebef; --frame: #5f6b7a; --ground: #0f1318; --accent: #8fb3dd; }
  .pad { position: relative; aspect-ratio: 1; border: 1px solid var(--frame); border-radius: 8px; overflow: hidden; }
  canvas { display: block; width: 100%; height: 100%; background: #000; cursor: crosshair;
    touch-action: none; user-select: none; -webkit-user-select: none; outline: none; }
  .pad:has(canvas:focus-visible), button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .hint { position: absolute; inset: 0; display: grid; place-items: center; margin: 0; color: #b9c0ca;
    font-size: 18px; pointer-events: none; }
  .hint[hidden] { display: none; }
  .tools { display: flex; gap: 8px; margin-top: 8px; }
  button { flex: 1; min-height: 36px; font: inherit; color: inherit; background: var(--ground); cursor: pointer;
    border: 1px solid var(--frame); border-radius: 8px; }
  button:hover:enabled { border-color: var(--accent); color: var(--accent); }
  button:disabled { opacity: 0.5; cursor: default; }
  .announcement { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  @media (max-width: 640px) { .board { width: 100%; } button { min-height: 44px; } }
</style>
<div class="board">
  <div class="pad">
    <canvas width="${SIDE * SCALE}" height="${SIDE * SCALE}" tabindex="0" role="application"
      aria-roledescription="drawing area" aria-label="Draw a digit. Delete clears the drawing, Control and Z undoes the last stroke."></canvas>
    <p class="hint" aria-hidden="true">Draw a digit</p>
  </div>
  <div class="tools">
    <button type="button" data-does="undo">Undo</button>
    <button type="button" data-does="clear">Clear</button>
  </div>
  <span class="announcement" role="status"></span>
</div>`;

const boards = new WeakMap(); // parent element -> Board
// Name -> strokes, each a list of [x, y, width]. Global, because the file is loaded anew when the canvas comes back.
const drawings = (globalThis.latentExplorerDrawings ??= new Map());

function paint(context, strokes) {
  context.clearRect(0, 0, SIDE, SIDE);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = context.fillStyle = "#fff";
  for (const points of strokes) {
    let [fromX, fromY, width] = points[0];
    context.beginPath();
    context.arc(fromX, fromY, width / 2, 0, 2 * Math.PI); // all that a tap leaves
    context.fill();
    points.forEach(([x, y, width], i) => {
      const [nextX, nextY] = points[i + 1] ?? [x, y];
      const [toX, toY] = [(x + nextX) / 2, (y + nextY) / 2];
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.quadraticCurveTo(x, y, toX, toY);
      context.stroke();
      [fromX, fromY] = [toX, toY];
    });
  }
}

async function packed(strokes) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  paint(context, strokes);
  const rgba = context.getImageData(0, 0, SIDE, SIDE).data;
  const grey = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => rgba[4 * i + 3]); // white ink: its opacity
  const stream = new Blob([grey]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

class Board {
  constructor(root, name) {
    const container = document.createElement("div");
    container.innerHTML = MARKUP;
    root.append(container);
    this.element = container.querySelector(".board");
    this.canvas = container.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.context.scale(SCALE, SCALE);
    this.strokes = drawings.get(name) ?? [];
    drawings.set(name, this.strokes);
    this.version = 0; // of the drawing: a picture that is still being packed may be out of date
    this.listen();
    this.show("");
  }

  listen() {
    for (const [type, handler] of Object.entries({
      pointerdown: this.begin,
      pointermove: this.move,
      pointerup: this.end,
      pointercancel: this.end,
    })) {
      this.canvas.addEventListener(type, handler.bind(this));
    }
    this.element.addEventListener("keydown", (event) => this.press(event));
    for (const button of this.element.querySelectorAll("button")) {
      button.addEventListener("click", () => this[button.dataset.does]());
    }
  }

  begin(event) {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true, focusVisible: false });
    this.canvas.setPointerCapture(event.pointerId);
    clearTimeout(this.timer);
    this.version++;
    this.pointer = event.pointerId;
    this.strokes.push([this.point(event)]);
    this.show("");
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) this.strokes.at(-1).push(this.point(move));
    this.show("");
  }

  end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.show(`Strokes: ${this.strokes.length}`);
    this.sendLater();
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const width = event.pointerType === "pen" ? BRUSH * (0.75 + 0.5 * event.pressure) : BRUSH;
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height, width];
  }

  press(event) {
    const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!undo && event.key !== "Delete") return;
    event.preventDefault();
    event.stopPropagation();
    if (undo) this.undo();
    else this.clear();
  }

  undo() {
    if (!this.strokes.length || this.pointer !== undefined) return;
    this.strokes.pop();
    this.show(`Strokes: ${this.strokes.length}`);
    this.sendLater();
  }

  clear() {
    if (!this.strokes.length || this.pointer !== undefined) return;
    this.strokes.length = 0;
    this.show("Cleared");
    this.send();
  }

  show(message) {
    paint(this.context, this.strokes);
    const empty = this.strokes.length === 0;
    this.element.querySelector(".hint").hidden = !empty;
    const focused = this.element.querySelector("button:focus");
    for (const button of this.element.querySelectorAll("button")) button.disabled = empty;
    if (focused?.disabled) this.canvas.focus();
    if (message) this.element.querySelector(".announcement").textContent = message;
  }

  sendLater() {
    clearTimeout(this.timer);
    this.version++;
    this.timer = setTimeout(() => this.send(), DELAY_MS);
  }

  async send() {
    clearTimeout(this.timer);
    const version = ++this.version;
    const content = this.strokes.length ? await packed(this.strokes) : null;
    if (version === this.version) this.setStateValue("drawing", content);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const isNew = !boards.has(parentElement);
  if (isNew) boards.set(parentElement, new Board(parentElement, data.name));
  const board = boards.get(parentElement);
  board.setStateValue = setStateValue;
  board.element.dataset.theme = data.theme;
  if (isNew && board.strokes.length > 0 !== data.drawn) board.send();
}
