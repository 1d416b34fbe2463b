// What is known of one image, beside the pointer; and below the plots what is selected: originals and reconstructions.
const SHOWN = 24; // images of a selection
const GAP = 2; // pixels of an image between two images of a row

// The image in one row of the test set: its original, and what each model makes of it.
class Images {
  constructor(owner) {
    this.owner = owner;
    this.scratch = make("canvas");
  }

  // Draw the original into a canvas; false where the images are not on this machine.
  original(canvas, row) {
    const { sheet } = this.owner;
    if (!sheet) return false;
    [canvas.width, canvas.height] = [sheet.width, sheet.height];
    const number = this.owner.plots[0]?.ids?.[row] ?? row;
    const [left, top] = [(number % sheet.columns) * sheet.width, Math.floor(number / sheet.columns) * sheet.height];
    canvas.getContext("2d").drawImage(sheet.bitmap, left, top, sheet.width, sheet.height, 0, 0, sheet.width, sheet.height);
    return true;
  }

  // Draw a model's reconstruction into a canvas; false while its decoder is on the way, or where there is none.
  reconstruction(canvas, space, row) {
    if (space.at !== undefined && !space.rotation) return false;
    const pixels = decoders.get(space.run)?.decode(this.owner.latent(space, row), this.owner.labels[row]);
    if (pixels) paintPixels(canvas, space.shape, pixels);
    return Boolean(pixels);
  }

  // Images side by side in one canvas, drawn by `draw(canvas, row)`; false if one of them cannot be drawn.
  strip(canvas, rows, draw) {
    const { scratch } = this;
    if (!draw(scratch, rows[0])) return false;
    const [width, height] = [scratch.width, scratch.height];
    [canvas.width, canvas.height] = [rows.length * (width + GAP) - GAP, height];
    const context = canvas.getContext("2d");
    rows.forEach((row, i) => draw(scratch, row) && context.drawImage(scratch, i * (width + GAP), 0));
    return true;
  }
}

class Card {
  constructor(owner) {
    this.owner = owner;
    this.element = make("div", "card");
    this.element.hidden = true;
    this.element.ariaHidden = "true"; // the live region says it
  }

  show(row, event) {
    const { owner } = this;
    this.element.hidden = row < 0;
    if (row < 0) return;
    if (this.spaces !== owner.data.spaces) this.build();
    this.head.textContent = owner.title(row);
    for (const { space, cell, canvas, words } of this.cells) {
      const drawn = space ? owner.images.reconstruction(canvas, space, row) : owner.images.original(canvas, row);
      cell.hidden = !drawn;
      words.textContent = space ? owner.losses(space, row) : "";
    }
    this.place(event.clientX, event.clientY);
  }

  // What a decoder makes of the point that a cursor marks.
  showPoint(cursor) {
    const { plot, state } = cursor;
    const pixels = cursor.decode();
    this.point ??= make("canvas", "point");
    if (pixels) paintPixels(this.point, plot.space.shape, pixels);
    const missing = make("p", "", plot.space.decoder ? "The decoder is on its way." : "This run’s decoder is not here.");
    this.spaces = null; // the next test image gets its cells anew
    this.element.replaceChildren(make("b", "", `${plot.space.name}: ${cursor.words(state.at, state.label)}`), pixels ? this.point : missing);
    this.element.hidden = false;
    const [box, [x, y]] = [plot.over.getBoundingClientRect(), plot.toPixels(...state.at)];
    this.place(box.left + x, box.top + y);
  }

  // Beside a point of the window; above or below it where there is no room.
  place(x, y) {
    if (innerWidth < 640) {
      const low = y > 230;
      Object.assign(this.element.style, { left: "8px", top: `${y + (low ? -24 : 24)}px`, translate: `0 ${low ? "-100%" : "0"}` });
      return;
    }
    const [right, low] = [x > innerWidth - 330, y > innerHeight - 190];
    this.element.style.left = `${x + (right ? -18 : 18)}px`;
    this.element.style.top = `${y + (low ? -12 : 12)}px`;
    this.element.style.translate = `${right ? "-100%" : "0"} ${low ? "-100%" : "0"}`;
  }

  build() {
    this.spaces = this.owner.data.spaces;
    this.head = make("b");
    const cell = (space, name) => {
      const found = { space, cell: make("figure"), canvas: make("canvas"), words: make("small") };
      found.cell.append(found.canvas, make("figcaption", "", name), found.words);
      return found;
    };
    const models = this.spaces.filter((space) => space.decoder).map((space) => cell(space, space.name));
    this.cells = [cell(null, "original"), ...models];
    const row = make("div", "images");
    row.append(...this.cells.map((found) => found.cell));
    this.element.replaceChildren(this.head, row);
  }
}

// The selected images below the plots.
class Selection {
  constructor(owner) {
    this.owner = owner;
    this.element = make("section", "selection");
    this.element.ariaLabel = "Selected images";
  }

  show() {
    const { owner } = this;
    const rows = owner.selected();
    if (!rows.length) {
      this.element.replaceChildren(make("p", "hint", owner.chosen ? "No image is both in this area and in a class that is on." : owner.hint()));
      return;
    }
    const one = rows.length === 1;
    const shown = one ? rows : spread(rows, Math.min(SHOWN, Math.max(6, Math.floor(owner.width / 50))));
    const head = one ? owner.title(rows[0]) : `${rows.length.toLocaleString("en")} images selected` + (shown.length < rows.length ? `; ${shown.length} of them:` : ":");
    const lines = [["original", (canvas, row) => owner.images.original(canvas, row)]];
    for (const space of owner.data.spaces.filter((found) => found.decoder)) {
      const losses = one ? `, ${owner.losses(space, rows[0])}` : "";
      lines.push([`${space.title}${losses}`, (canvas, row) => owner.images.reconstruction(canvas, space, row)]);
    }
    this.element.classList.toggle("one", one);
    this.element.replaceChildren(make("p", "head", head), ...lines.map((line) => this.line(shown, ...line)).filter(Boolean));
  }

  line(rows, name, draw) {
    const [line, canvas] = [make("div", "line"), make("canvas")];
    if (!this.owner.images.strip(canvas, rows, draw)) return null;
    Object.assign(canvas, { role: "img", ariaLabel: `Selected images: ${name}` });
    canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
    canvas.style.width = `${canvas.width * (rows.length === 1 ? 4 : 1.6)}px`;
    line.append(canvas, make("span", "", name));
    return line;
  }
}

// At most `count` of some rows, evenly spread over them.
function spread(rows, count) {
  if (rows.length <= count) return rows;
  return Array.from({ length: count }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (count - 1))]);
}
