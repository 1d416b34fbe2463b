// One latent space. Vega draws frame, axes, circles and names from Altair's specification; the points lie below it on
// canvases. An owner (see spaces.js) is told of gestures, and says what is lit and ringed.
const PADDING = { left: 50, top: 46, right: 4, bottom: 40 }; // as in latent_space.py
const REACH = 14; // pixels from the pointer to the nearest dot
const MOVED = { mouse: 4, pen: 4, touch: 10 }; // pixels after which a click is a drag
const MAX_ZOOM = 200;
const NAME_GAP = 22; // pixels between two names of classes
const STILL_MS = 300; // after the page has scrolled, the wheel goes on scrolling

const TITLES = ["title", "subtitle"]; // signals of the specification

let vega = null; // promise of Vega's embed function

// Vega, from its address unless the page has it already.
function loadVega(url) {
  vega ??= window.vegaEmbed ? Promise.resolve(window.vegaEmbed) : fetchVega(url);
  vega.catch(() => (vega = null)); // the next time it may come
  return vega;
}

async function fetchVega(url) {
  const reply = await fetch(url, { cache: "force-cache" });
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  const script = URL.createObjectURL(new Blob([await reply.text()], { type: "text/javascript" }));
  await new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), { src: script, onload: resolve, onerror: reject });
    document.head.append(element);
  });
  return window.vegaEmbed;
}

// Vega's configuration with a font for all words.
function typeface(font) {
  const styles = ["guide-label", "guide-title", "group-title", "group-subtitle"];
  return { text: { font }, title: { font, subtitleFont: font }, style: Object.fromEntries(styles.map((name) => [name, { font }])) };
}

let scrolled = 0;
addEventListener("wheel", (event) => event.defaultPrevented || (scrolled = performance.now()), { passive: true });

class Plot {
  constructor(owner, number) {
    [this.owner, this.number] = [owner, number];
    this.element = make("div", "plot");
    Object.assign(this.element, { tabIndex: 0, role: "application" });
    [this.base, this.lit, this.frame, this.over] = ["canvas", "canvas", "div", "canvas"].map((tag) => make(tag));
    this.frame.className = "frame";
    this.element.append(this.base, this.lit, this.frame, this.over);
    this.pointers = new Map();
    this.zoomed = { x: 0, y: 0, half: 1 };
    this.listen();
  }

  // Show a space: `points` is x, y, x, y …; `window` is [x, y, half side].
  async update(space, points, labels) {
    const renamed = this.space && String(this.space.names) !== String(space.names);
    [this.space, this.labels] = [space, labels];
    this.order = byLabel(labels);
    this.element.ariaLabel = `${space.title}: test images in the latent space`;
    this.ids = space.ids ?? null;
    this.setWindow(space.window);
    this.place(points);
    if (!this.view) this.frame.textContent = space.title; // until Vega has come
    if (!this.owner.data.vega) return;
    const { signals, ...fixed } = space.spec;
    const text = JSON.stringify(fixed);
    this.words = signals.filter(({ name }) => TITLES.includes(name));
    if (this.text !== text) {
      this.text = text;
      await this.embed(space.spec);
    } else if (this.view) {
      this.entitle();
      if (renamed && !this.owner.moving) this.showWindow();
      else this.view.runAsync();
    }
  }

  async embed(spec) {
    const embed = await loadVega(this.owner.data.vega);
    const box = make("div");
    const { view } = await embed(box, { ...spec, background: null, usermeta: {} }, {
      renderer: "svg", actions: false, tooltip: false, config: typeface(getComputedStyle(this.element).fontFamily),
    }); // prettier-ignore
    this.view?.finalize();
    this.view = view;
    this.frame.replaceChildren(box);
    if (this.lines?.length) view.data("contours", this.lines);
    this.dress();
  }

  // Fit the plot into `width` pixels; `type` enlarges its words.
  resize(width, type) {
    const padding = Object.fromEntries(Object.entries(PADDING).map(([side, size]) => [side, size * type]));
    const side = Math.max(80, Math.floor(width - padding.left - padding.right));
    const ratio = devicePixelRatio || 1;
    if (side === this.side && type === this.type && ratio === this.ratio) return;
    Object.assign(this, { side, type, ratio, padding });
    this.element.style.width = `${side + padding.left + padding.right}px`;
    this.element.style.height = `${side + padding.top + padding.bottom}px`;
    for (const canvas of [this.base, this.lit, this.over]) {
      canvas.width = canvas.height = Math.round(side * ratio);
      canvas.style.cssText = `left:${padding.left}px;top:${padding.top}px;width:${side}px;height:${side}px`;
      canvas.getContext("2d").scale(ratio, ratio);
    }
    this.dress();
    this.draw();
  }

  entitle() {
    for (const { name, value } of this.words) this.view.signal(name, value);
  }

  // Give Vega size, colours, type and the visible part.
  dress() {
    if (!this.view || !this.side) return;
    const { ink, ground } = this.owner.colors;
    this.entitle();
    this.view.padding(this.padding).width(this.side).height(this.side);
    for (const [name, value] of Object.entries({ ink, ground, type: this.type })) this.view.signal(name, value);
    this.showWindow();
  }

  showWindow() {
    if (!this.view) return;
    const { x, y, half } = this.zoomed;
    const ends = { x_low: x - half, x_high: x + half, y_low: y - half, y_high: y + half };
    for (const [name, value] of Object.entries(ends)) this.view.signal(name, value);
    this.nameClasses();
    this.view.run();
  }

  // Put each class's name at the median of its points, apart from the others.
  nameClasses() {
    if (!this.points) return;
    const pixels = this.owner.moving || !this.space.names ? [] : this.centres.map(([label, x, y]) => [label, ...this.toPixels(x, y)]);
    const rows = separated(pixels, NAME_GAP * this.type).map(([label, px, py]) => {
      const [x, y] = this.toPlane(px, py);
      return { x, y, label: this.space.names[label] };
    });
    this.view.data("centres", rows);
  }

  // Draw lines, rows of { x, y, label, line, step }.
  outline(rows) {
    if (rows === this.lines || (!rows.length && !this.lines?.length)) return;
    this.lines = rows;
    this.view?.data("contours", rows).run();
  }

  setWindow([x, y, half]) {
    const same = this.home && this.home.x === x && this.home.y === y && this.home.half === half;
    this.home = { x, y, half };
    if (!same) this.zoomed = { ...this.home };
  }

  place(points) {
    this.points = points;
    this.centres = medians(points, this.labels, this.order);
    this.at = new Float32Array(points.length);
    if (this.side) this.draw();
  }

  // Move the points to others within `share` (0 to 1) of the way.
  between(from, to, share) {
    const points = (this.points = this.moved ??= new Float32Array(to.length));
    if (points.length !== to.length) this.points = this.moved = new Float32Array(to.length);
    for (let i = 0; i < to.length; i++) this.points[i] = from[i] + (to[i] - from[i]) * share;
    this.draw();
  }

  toPixels(x, y) {
    const { zoomed, side } = this;
    return [((x - zoomed.x) / zoomed.half + 1) * (side / 2), (1 - (y - zoomed.y) / zoomed.half) * (side / 2)];
  }

  toPlane(px, py) {
    const { zoomed, side } = this;
    return [zoomed.x + ((2 * px) / side - 1) * zoomed.half, zoomed.y + (1 - (2 * py) / side) * zoomed.half];
  }

  draw() {
    if (!this.side || !this.points) return;
    const { points, at, side, zoomed } = this;
    const [scale, left, top] = [side / (2 * zoomed.half), zoomed.x - zoomed.half, zoomed.y + zoomed.half];
    for (let i = 0; i < at.length; i += 2) {
      at[i] = (points[i] - left) * scale;
      at[i + 1] = (top - points[i + 1]) * scale;
    }
    const context = this.base.getContext("2d");
    context.clearRect(0, 0, side, side);
    paintDots(context, this.dots());
    this.tiles(context, null);
    this.light();
  }

  dots(mask = null) {
    const { at, order, labels } = this;
    return { at, order, labels, colors: this.owner.colors.classes, large: this.space.large, scale: this.type, mask };
  }

  // Test images in place of dots, where the visitor wants them or the dots lie far enough apart.
  tiles(context, mask) {
    const { sheet, moving, imagesWanted } = this.owner;
    if (!sheet || moving) return;
    if (!imagesWanted) {
      let visible = 0;
      for (let i = 0; i < this.at.length; i += 2) {
        if (this.at[i] >= 0 && this.at[i] < this.side && this.at[i + 1] >= 0 && this.at[i + 1] < this.side) visible++;
      }
      if (visible * TILE * TILE * 2 > this.side * this.side || this.zoomed.half > this.home.half / 2) return;
    }
    const rows = withoutOverlap(this.at, this.labels.length, this.side, mask);
    const { at, ids, labels, side, ratio } = this;
    const { classes: colors, ground } = this.owner.colors;
    paintTiles(context, sheet, { at, rows, ids, labels, colors, ground, side, ratio });
  }

  // Lay a veil over all points, and draw those that are lit over it.
  light() {
    const context = this.lit.getContext("2d");
    context.clearRect(0, 0, this.side, this.side);
    const mask = this.owner.mask;
    if (mask || this.space.faded) {
      context.globalAlpha = this.space.large ? 0.7 : 0.88;
      context.fillStyle = this.owner.colors.ground;
      context.fillRect(0, 0, this.side, this.side);
      context.globalAlpha = 1;
      if (mask) {
        paintDots(context, this.dots(mask));
        this.tiles(context, mask);
      }
    }
    this.marks(context);
    this.ring();
  }

  // Further points over all others.
  marks(context) {
    const { marked = [], ring, large } = this.space;
    if (!marked.length) return;
    const at = marked.flatMap(([x, y]) => this.toPixels(x, y));
    const { classes: colors } = this.owner.colors;
    paintDots(context, { at, order: marked.keys(), labels: marked.map(([, , label]) => label), colors, large });
    if (ring) this.circle(context, at.at(-2), at.at(-1), 2.5);
  }

  // Ring the hovered and the picked image, and draw the line of a selection, and the cursor of cursor.js if there is one.
  ring() {
    const context = this.over.getContext("2d");
    context.clearRect(0, 0, this.side, this.side);
    for (const [row, width] of [[this.owner.picked, 2.5], [this.owner.hovered, 1.5]]) {
      if (row >= 0) this.circle(context, this.at[2 * row], this.at[2 * row + 1], width);
    }
    if (this.line) {
      context.strokeStyle = context.fillStyle = this.owner.colors.ink;
      context.lineWidth = 1;
      context.beginPath();
      polygon(context, ...this.line);
      context.stroke();
      context.globalAlpha = 0.08;
      context.fill();
      context.globalAlpha = 1;
    }
    this.cursor?.draw(context);
  }

  circle(context, x, y, width) {
    const { ink, ground } = this.owner.colors;
    for (const [color, line] of [[ground, width + 3], [ink, width]]) {
      [context.strokeStyle, context.lineWidth] = [color, line];
      context.beginPath();
      context.arc(x, y, 8, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  listen() {
    const on = (type, handler, options) => this.element.addEventListener(type, handler.bind(this), options);
    on("pointerdown", this.begin);
    on("pointermove", this.move);
    on("pointerup", this.end);
    on("pointercancel", this.cancel);
    on("pointerleave", ({ pointerType }) => this.owner.leave(this, pointerType));
    on("dblclick", () => this.owner.clear());
    on("wheel", this.wheel, { passive: false });
    on("keydown", this.press);
    for (const type of ["touchstart", "touchmove"]) {
      const own = (event) => {
        if (event.cancelable && (event.touches.length > 1 || this.owner.tool !== "area")) event.preventDefault();
      };
      on(type, own, { passive: false });
    }
  }

  position(event) {
    const box = this.over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  begin(event) {
    if (event.button > 1) return;
    this.element.focus({ preventScroll: true, focusVisible: false });
    this.pointers.set(event.pointerId, this.position(event));
    this.start = this.position(event);
    this.dragging = null;
    this.kind = event.pointerType;
    if (event.button === 1) event.preventDefault();
    if (this.kind === "touch") this.owner.touch(this, event);
    this.gesture = event.button === 1 || this.owner.space ? "pan" : event.shiftKey ? "lasso" : this.owner.tool;
    if (this.kind !== "touch" || this.owner.tool !== "area") this.element.setPointerCapture(event.pointerId);
  }

  move(event) {
    const at = this.position(event);
    this.entered = performance.now();
    if (this.pointers.size === 2 && this.pointers.has(event.pointerId)) return this.pinch(event.pointerId, at);
    if (!this.pointers.has(event.pointerId)) return this.owner.hover(nearestRow(this.at, ...at, REACH, this.owner.mask), this, event);
    const [dx, dy] = [at[0] - this.start[0], at[1] - this.start[1]];
    if (!this.dragging && Math.hypot(dx, dy) < (MOVED[this.kind] ?? 4)) return;
    if (!this.dragging) this.dragging = this.gesture === "lasso" ? [this.start] : true;
    if (this.kind === "touch" && this.gesture === "area") return; // one finger scrolls the page
    this.owner.hover(-1, this);
    if (this.gesture === "pan") {
      const before = this.toPlane(...this.pointers.get(event.pointerId));
      const after = this.toPlane(...at);
      this.pan(before[0] - after[0], before[1] - after[1]);
    } else {
      this.line = this.gesture === "lasso" ? (this.dragging.push(at), this.dragging) : rectangle(this.start, at);
      this.owner.brush(this, this.line);
    }
    this.pointers.set(event.pointerId, at);
  }

  end(event) {
    const pinched = this.pointers.size > 1;
    if (!this.pointers.delete(event.pointerId) || pinched) return;
    if (!this.dragging) this.owner.pick(nearestRow(this.at, ...this.position(event), 2 * REACH, this.owner.mask), this);
    else if (this.line) this.owner.release();
    this.cancel();
  }

  cancel() {
    this.pointers.clear();
    this.dragging = this.line = null;
    this.ring();
  }

  pinch(id, at) {
    this.dragging = true; // the last finger to leave picks nothing
    const other = [...this.pointers.keys()].find((key) => key !== id);
    const [before, still] = [this.pointers.get(id), this.pointers.get(other)];
    const middle = (a) => [(a[0] + still[0]) / 2, (a[1] + still[1]) / 2];
    const factor = Math.hypot(before[0] - still[0], before[1] - still[1]) / Math.hypot(at[0] - still[0], at[1] - still[1]);
    const [from, to] = [this.toPlane(...middle(before)), this.toPlane(...middle(at))];
    this.pointers.set(id, at);
    this.pan(from[0] - to[0], from[1] - to[1], false);
    this.zoom(factor, ...middle(at));
  }

  // The wheel zooms where the pointer has come to the plot, not where the page has scrolled it under the pointer; at
  // the whole plot it scrolls on.
  wheel(event) {
    const passing = performance.now() - scrolled < STILL_MS || !(this.entered > scrolled);
    const out = event.deltaY > 0 && this.zoomed.half >= this.home.half;
    if ((passing || out) && !event.ctrlKey) return;
    event.preventDefault();
    this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), ...this.position(event));
  }

  // Make the visible part `factor` times as wide, with the point at (px, py) where it is.
  zoom(factor, px = this.side / 2, py = this.side / 2) {
    const [x, y] = this.toPlane(px, py);
    const { home, zoomed } = this;
    const half = Math.min(home.half, Math.max(home.half / MAX_ZOOM, zoomed.half * factor));
    const scale = half / zoomed.half;
    this.look({ x: x + (zoomed.x - x) * scale, y: y + (zoomed.y - y) * scale, half });
  }

  pan(dx, dy, draw = true) {
    this.look({ ...this.zoomed, x: this.zoomed.x + dx, y: this.zoomed.y + dy }, draw);
  }

  look({ x, y, half }, draw = true) {
    const began = performance.now();
    const { home } = this;
    const room = home.half - half;
    const clamp = (value, centre) => Math.min(centre + room, Math.max(centre - room, value));
    this.zoomed = { x: clamp(x, home.x), y: clamp(y, home.y), half };
    if (!draw) return;
    this.draw();
    this.showWindow();
    this.owner.measure("zoom", began);
  }

  reset() {
    this.look({ ...this.home });
  }

  press(event) {
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) this.pan((arrow[0] * this.zoomed.half) / 8, (arrow[1] * this.zoomed.half) / 8);
    else if (arrow) this.owner.step(this.neighbour(arrow), this);
    else if (event.key === "Enter") this.owner.pick(this.owner.hovered, this);
    else if (event.key === "Escape") this.owner.clear();
    else if (event.key === "+" || event.key === "=") this.zoom(0.8);
    else if (event.key === "-") this.zoom(1.25);
    else if (event.key === "0" || event.key === "Home") this.reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The nearest dot in the direction of an arrow key; from the middle of the plot if none is marked.
  neighbour([right, up]) {
    const { at, side } = this;
    const from = this.owner.hovered >= 0 ? this.owner.hovered : this.owner.picked;
    if (from < 0) return nearestRow(at, side / 2, side / 2, side, this.owner.mask);
    let [best, found] = [Infinity, from];
    for (let row = 0; row < this.labels.length; row++) {
      if (this.owner.mask && !this.owner.mask[row]) continue;
      const [dx, dy] = [at[2 * row] - at[2 * from], at[2 * from + 1] - at[2 * row + 1]];
      const [along, across] = [dx * right + dy * up, Math.abs(dx * up - dy * right)];
      if (along > 0.5 && across <= along && along + across < best) [best, found] = [along + across, row];
    }
    return found;
  }
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function rectangle([ax, ay], [bx, by]) {
  return [[ax, ay], [bx, ay], [bx, by], [ax, by]]; // prettier-ignore
}

function make(tag, name = "", text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}
