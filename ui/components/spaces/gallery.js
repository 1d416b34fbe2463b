// Small pictures of latent spaces in groups of columns: the same test images in each, ringed in all where one is pointed at.
//
// data: { colors, groups: [{ title, columns: [{ caption, value, off, tiles: [{ title, points, at, half }] }] }] }; `points`
// is a file of states (see tracks.js), `half` half the side of the part around 0 that is seen. A column with a `value` is
// a button that tells it as trigger "picked".
const SIDE = 104; // pixels of a tile
const DOT_SCALE = 0.45;
const NEAR = 8; // pixels from the pointer to the nearest dot

class Gallery {
  constructor(root) {
    this.element = Object.assign(document.createElement("div"), { className: "gallery" });
    root.append(this.element);
    this.files = new Map();
  }

  async update(data, pick) {
    [this.data, this.pick] = [data, pick];
    const urls = new Set(data.groups.flatMap(({ columns }) => columns.flatMap(({ tiles }) => tiles.map(({ points }) => points))));
    await Promise.all([...urls].map((url) => this.file(url)));
    if (this.data !== data) return;
    const text = JSON.stringify(data.groups);
    if (text !== this.text) this.build(data);
    this.text = text;
    this.draw();
  }

  async file(url) {
    if (this.files.has(url)) return;
    const { header, take } = await load(url);
    const { count, states } = header;
    const file = { count, points: take(Float32Array, 2 * count * states) };
    take(Uint32Array, count);
    file.labels = take(Uint16Array, count);
    file.order = byLabel(file.labels);
    this.files.set(url, file);
  }

  build({ groups }) {
    this.tiles = [];
    this.element.replaceChildren(...groups.map(({ title, columns }) => {
      const [group, row] = [document.createElement("section"), document.createElement("div")];
      if (title) group.append(Object.assign(document.createElement("p"), { textContent: title }));
      row.className = "columns";
      row.append(...columns.map((column) => this.column(column)));
      group.append(row);
      return group;
    })); // prettier-ignore
  }

  column({ caption, value, off, tiles }) {
    const column = document.createElement(value === undefined ? "div" : "button");
    Object.assign(column, { className: "column", disabled: off });
    if (value !== undefined) column.onclick = () => this.pick(value);
    const canvases = tiles.map((tile) => {
      const canvas = Object.assign(document.createElement("canvas"), { role: "img", ariaLabel: tile.title });
      canvas.onpointermove = ({ offsetX, offsetY }) => this.point(canvas, offsetX, offsetY);
      canvas.onpointerleave = () => this.ring(-1);
      this.tiles.push([canvas, tile]);
      return canvas;
    });
    column.append(...canvases, Object.assign(document.createElement("span"), { textContent: caption }));
    return column;
  }

  draw() {
    const style = getComputedStyle(this.element);
    this.ink = style.getPropertyValue("--st-text-color").trim();
    for (const [canvas, { points, at, half }] of this.tiles) {
      const { count, points: all, labels, order } = this.files.get(points);
      const ratio = devicePixelRatio || 1;
      canvas.width = canvas.height = Math.round(SIDE * ratio);
      canvas.at = all.slice(2 * count * at, 2 * count * (at + 1)).map((value, i) => (1 + ((i % 2 ? -1 : 1) * value) / half) * (SIDE / 2));
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      context.strokeStyle = this.ink;
      context.globalAlpha = 0.5;
      for (const sigma of [1, 2, 3]) this.circle(context, SIDE / 2, SIDE / 2, (sigma / half) * (SIDE / 2));
      context.globalAlpha = 1;
      paintDots(context, { at: canvas.at, order, labels, colors: this.data.colors, large: true, scale: DOT_SCALE });
    }
    this.ringed = -1;
  }

  point(canvas, x, y) {
    this.ring(nearestRow(canvas.at, x, y, NEAR));
  }

  ring(row) {
    if (row === this.ringed) return;
    if (this.ringed >= 0) this.draw();
    this.ringed = row;
    if (row < 0) return;
    for (const [canvas] of this.tiles) {
      const context = canvas.getContext("2d");
      [context.strokeStyle, context.lineWidth] = [this.ink, 2];
      this.circle(context, canvas.at[2 * row], canvas.at[2 * row + 1], 5);
      context.lineWidth = 1;
    }
  }

  circle(context, x, y, radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

const galleries = new WeakMap(); // parent element -> Gallery

export default function ({ data, parentElement, setTriggerValue }) {
  if (!galleries.has(parentElement)) galleries.set(parentElement, new Gallery(parentElement));
  galleries.get(parentElement).update(data, (value) => setTriggerValue("picked", value));
}
