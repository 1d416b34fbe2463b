// Latent spaces side by side, linked: a gesture in one plot shows the same images in all of them, without the server.
//
// data: { vega, classes: { names, colors }, spaces, images, window, view, controls, tracks }. Each space is { kind, run,
// name, title, spec, window, points, details, decoder, shape, claim, note } or, where there is no run, { title, message }.
// `rotation`, of a state: what has rotated its latents into the plane; without it points of a state are not decoded.
// `points`, `details`, `decoder` and `images.url` are addresses of files; all but `points` may come later. Also: `large`
// dots; `faded` ones; `marked`, points [x, y, label] over all others, with a ring around the last if `ring`; `pictures`,
// rows of images below the plot, each { title, url, count, ratio }; `at`, the number of the state in the file `points`
// and of the row in the image `url`; `tracks`, see tracks.js.
// `bare` plots have no controls; `beside` is the screen's height that they leave, in rem, `least` their width in pixels;
// `beside_words` puts what belongs to a single plot at its side. Without `classes.names` classes are hidden.
// `lit`: labels of the classes that are on, where it is not the visitor who picks them.
// State "view": what the visitor has chosen: { classes, latents, axes, images, rows }.
const MOVE_MS = 300;
const FRAME_MS = 16;
const MIN_WIDTH = 360;
const BESIDE_PX = 300; // above and below the plots
const SMALL = 230; // pixels of a plot; in a smaller one larger type would leave no room
const WIDE = 450; // pixels of a plot; in a wider one type and dots grow with it, for it is read from afar
const LATENTS = ["sampled z", "mean mu"];
const AXES = ["each its own", "same for all"];
const icon = (path) => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`;
const TOOLS = {
  area: ["Select an area", icon("M2 3h12v10H2z")],
  lasso: ["Draw around points (Shift)", icon("M4 10C1 8 2 3 8 3s7 4 4 6-6 2-7 1 0-2 1-1-1 3-3 4")],
  pan: ["Move the plot (Space)", icon("M8 1v14M1 8h14M6 3l2-2 2 2M6 13l2 2 2-2M3 6 1 8l2 2M13 6l2 2-2 2")],
};
const DOES = {
  in: ["Zoom in (+)", icon("M8 3v10M3 8h10")],
  out: ["Zoom out (−)", icon("M3 8h10")],
  reset: ["Whole plot (Home)", icon("M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4")],
};

class Spaces {
  constructor(root) {
    this.root = root;
    root.querySelector(".waiting")?.remove();
    this.element = make("div", "spaces");
    this.element.spaces = this; // for the browser's console
    [this.head, this.legend, this.row, this.bar] = ["head", "legend", "row", "bar"].map((name) => make("div", name));
    this.head.append(this.legend);
    this.announcement = Object.assign(make("p", "announcement"), { ariaLive: "polite" });
    this.images = new Images(this);
    this.card = new Card(this);
    this.selection = new Selection(this);
    this.tracks = new Tracks(this);
    this.decoding = new Decoding(this);
    this.element.append(this.head, this.row, this.selection.element, this.card.element, this.announcement);
    root.append(this.element);
    Object.assign(this, { plots: [], picked: -1, hovered: -1, mask: null, chosen: null, tool: "area", loaded: new Map() });
    [this.classes, this.unsettled] = [new Set(), new Set()];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.element);
    this.keys = (event) => {
      if (event.key !== " " || event.composedPath()[0].closest?.("button, input, textarea, a, [role=radio]")) return;
      this.space = event.type === "keydown" && this.element.matches(":hover");
      if (this.space) event.preventDefault();
    };
    for (const type of ["keydown", "keyup"]) addEventListener(type, this.keys);
  }

  close() {
    this.tracks.close();
    this.observer.disconnect();
    for (const type of ["keydown", "keyup"]) removeEventListener(type, this.keys);
    for (const plot of this.plots) plot.view?.finalize();
  }

  async update(data, send) {
    Object.assign(this, { data, send, given: data.spaces });
    this.readColors();
    if (!this.latents || data.view?.turn !== this.turn) this.restore(data.view ?? {});
    if (data.lit) this.classes = new Set(data.lit);
    this.tracks.update(data.tracks);
    this.build();
    const shown = this.retrack();
    this.controls(); // they and the plots take their room before anything is drawn, so that nothing moves
    this.resize();
    await shown;
    this.controls();
    this.more();
  }

  // Show the spaces in the states that the sliders stand at.
  retrack() {
    const { hasMeans } = this;
    this.data = { ...this.data, spaces: this.given.map((space) => this.tracks.shown(space)) };
    if (hasMeans !== this.hasMeans) this.controls();
    return this.show();
  }

  // Whether there are means to show: a slider's states may be sampled z alone.
  get hasMeans() {
    return this.data.spaces.every(({ details, message }) => details || message);
  }

  // What was chosen before, on another page or by a link; another `turn` comes from the browser's history.
  restore({ classes = [], latents, axes, rows = null, images = false, contours = false, turn }) {
    Object.assign(this, { turn, chosen: null, picked: -1 });
    Object.assign(this, { latents: latents ?? LATENTS[0], axes: axes ?? AXES[0], imagesWanted: images, contoursWanted: contours });
    this.classes = new Set(classes);
    this.restored = rows;
  }

  readColors() {
    const style = getComputedStyle(this.element);
    const color = (name) => style.getPropertyValue(name).trim();
    const [ink, ground] = [color("--st-text-color"), color("--st-background-color")];
    const changed = this.colors && (this.colors.ink !== ink || this.colors.ground !== ground);
    this.colors = { ink, ground, classes: this.data.classes.colors };
    if (changed) for (const plot of this.plots) [plot.dress(), plot.draw()];
  }

  build() {
    const { spaces, bare = false, beside_words: beside = false } = this.data;
    for (const [name, on] of Object.entries({ bare, beside })) this.element.classList.toggle(name, on);
    if (this.cells?.length === spaces.length) return;
    this.plots = spaces.map((_, number) => new Plot(this, number));
    this.cells = spaces.map((_, number) => {
      const [box, words, pictures] = [make("div", "cell"), make("div", "words"), make("div", "pictures")];
      const [message, claim, note] = ["message", "claim", "note"].map((name) => make("p", name));
      box.append(message, this.plots[number].element);
      words.append(claim, note);
      return { box, words, message, claim, note, pictures };
    });
    this.row.replaceChildren(...this.cells.flatMap(({ box, words, pictures }) => [box, words, pictures]), this.tracks.element);
    (this.data.tracks?.length ? this.head : this.row).append(this.bar); // sliders have the place below the plots
    this.row.style.setProperty("--count", spaces.length);
  }

  // Load the points, and draw them: at once where nothing was, moving from where they were before.
  async show() {
    const { spaces } = this.data;
    spaces.forEach(({ message = "", claim, note = "" }, number) => {
      const cell = this.cells[number];
      cell.message.textContent = message;
      this.plots[number].element.hidden = Boolean(message);
      const { warning = "", finding, numbers, folded = false } = claim ?? {};
      const details = folded ? make("details", "") : ` ${numbers}`;
      if (folded) details.append(make("summary", "", "Numbers"), numbers);
      if (folded) details.open = cell.claim.querySelector("details")?.open ?? false;
      cell.claim.replaceChildren(...(claim ? [make("b", "warning", warning), make("b", "", finding), details] : []));
      cell.note.textContent = note;
      showPictures(cell.pictures, spaces[number]);
    });
    const files = await Promise.all(spaces.map((space) => (space.points ? this.file(space.points) : null)));
    if (spaces !== this.data.spaces) return; // meanwhile there are others
    this.files = files;
    this.labels = files.find(Boolean)?.labels ?? new Uint16Array();
    if (this.chosen && this.chosen.length !== this.labels.length) [this.chosen, this.picked] = [null, -1]; // other images
    this.chosen ??= this.restored ? this.maskOf(this.restored) : null;
    if (this.restored?.length === 1) this.picked = this.restored[0];
    this.restored = null;
    this.resize();
    this.findMask();
    const framed = spaces.map((space, number) => {
      if (!files[number]) return null;
      const plot = this.plots[number];
      const [from, window] = [plot.points, this.windowOf(space)];
      const to = this.positions(space, files[number]);
      const state = `${space.points} ${space.at}`;
      const moves = from && from.length === to.length && plot.state !== state;
      plot.state = state;
      const ids = files[number].ids ?? plot.ids;
      const still = moves ? [plot.home.x, plot.home.y, plot.home.half] : window;
      const shown = { ...space, ids, window: still, names: this.data.classes.names };
      const done = plot.update(shown, plot.travel || moves ? from : to, files[number].labels);
      if (moves) this.travel(plot, from, to, window.every((value, i) => value === still[i]) ? null : window);
      return done;
    });
    this.selection.show();
    await Promise.all(framed);
  }

  async file(url) {
    if (this.loaded.has(url)) return this.loaded.get(url);
    const { header, take } = await load(url);
    const { count, states = 1 } = header;
    const length = 2 * count * states;
    const file = { count, points: header.grid ? fromGrid(take(Uint16Array, length), header.grid) : take(Float32Array, length) };
    if (header.ids) file.ids = take(Uint32Array, count);
    file.labels = take(Uint16Array, count);
    if (!header.passing) this.loaded.set(url, file); // a moment of a training does not come again
    return file;
  }

  // Everything that the first picture does not wait for: test images, losses, means, decoders.
  async more() {
    const { spaces, images } = this.data;
    const jobs = spaces.filter(({ details }) => details).map(async (space) => {
      if (this.loaded.has(space.details)) return;
      const { header, take } = await load(space.details);
      const { count, latent_dim: d } = header;
      const found = { recon: take(Float32Array, count), kld: header.kld ? take(Float32Array, count) : null };
      found.mean = header.mean ? take(Float32Array, 2 * count) : null;
      found.z = header.full ? take(Float32Array, d * count) : null;
      found.mu = header.full && header.mean ? take(Float32Array, d * count) : null;
      this.loaded.set(space.details, found);
    }); // prettier-ignore
    for (const { run, decoder } of spaces) {
      if (decoder && !decoders.has(run)) jobs.push(load(decoder).then(({ header, take }) => addDecoder(header, take)));
    }
    spaces.forEach(({ contours }, number) => jobs.push(this.outline(this.plots[number], contours)));
    for (const { tracks = {} } of spaces) {
      jobs.push(...Object.values(tracks).map(({ points }) => points && this.file(points)));
    }
    if (images) jobs.push(loadSheet(images).then((sheet) => (this.sheet = sheet)));
    await Promise.all(jobs);
    if (this.latents === LATENTS[1]) this.moveAll();
    if (this.imagesWanted) for (const plot of this.plots) plot.draw();
    this.selection.show();
    this.element.dataset.ready = spaces.every(({ decoder, message }) => decoder || message);
  }

  // Draw lines around the classes, where they are wanted and have come.
  async outline(plot, url) {
    if (this.contoursWanted && url && !this.loaded.has(url)) {
      this.loaded.set(url, await (await fetch(url, { cache: "force-cache" })).json());
    }
    plot.outline((this.contoursWanted && this.loaded.get(url)) || []);
  }

  positions(space, file) {
    const mean = this.latents === LATENTS[1] ? this.loaded.get(space.details)?.mean : null;
    if (mean) return mean;
    const { at = 0 } = space;
    return file.points.subarray(2 * file.count * at, 2 * file.count * (at + 1));
  }

  windowOf(space) {
    if (this.axes !== AXES[1] || !this.data.window) return space.window;
    return around([this.data.window, ...this.data.spaces.map(({ window }) => window).filter(Boolean)]); // a slider may leave it
  }

  // The latent of an image in a model: z or mu, as shown.
  latent(space, row) {
    if (space.rotation) {
      const [x, y] = this.positions(space, this.loaded.get(space.points)).subarray(2 * row, 2 * row + 2);
      const [a, b, c, d] = space.rotation;
      return Float32Array.of(a * x + b * y, c * x + d * y);
    }
    const d = space.latent_dim;
    const details = this.loaded.get(space.details);
    const mean = this.latents === LATENTS[1];
    const all = d === 2 ? (mean && details?.mean) || this.loaded.get(space.points).points : (mean && details?.mu) || details?.z;
    return all ? all.subarray(d * row, d * row + d) : new Float32Array(d);
  }

  title(row) {
    const id = this.plots[0]?.ids?.[row] ?? row;
    const { names } = this.data.classes;
    return `test image ${id}${names ? `, label ${names[this.labels[row]]}` : ""}`;
  }

  losses(space, row) {
    const details = this.loaded.get(space.details);
    if (!details) return "";
    const kld = details.kld ? `kld ${three(details.kld[row])}` : "no KLD";
    return `recon ${three(details.recon[row])}, ${kld}`;
  }

  // --- gestures, called by the plots

  hover(row, plot, event = null) {
    if (this.decoding.on) return event ? this.decoding.follow(plot, event) : this.decoding.leave();
    const began = performance.now();
    if (row === this.hovered && row < 0) return;
    this.hovered = row;
    for (const each of this.plots) if (each.side && each.points) each.ring();
    if (event && event.pointerType !== "touch") this.card.show(row, event);
    else this.card.show(-1);
    if (row >= 0) this.measure("hover", began);
  }

  // A finger that is lifted leaves what it has decoded.
  leave(plot, pointerType) {
    if (!this.decoding.on || pointerType !== "touch") this.hover(-1, plot);
  }

  touch(plot, event) {
    if (this.decoding.on) this.decoding.follow(plot, event);
  }

  step(row, plot) {
    if (row < 0) return;
    const box = plot.over.getBoundingClientRect();
    const [clientX, clientY] = [box.left + plot.at[2 * row], box.top + plot.at[2 * row + 1]];
    this.hover(row, plot, { clientX, clientY, pointerType: "keyboard" });
    this.announce(this.title(row));
  }

  brush(plot, line) {
    const began = performance.now();
    this.picked = -1;
    this.chosen ??= new Uint8Array(this.labels.length);
    within(plot.at, line, this.chosen);
    this.findMask();
    for (const each of this.plots) if (each.points) each.light();
    this.measure("brush", began);
  }

  release() {
    const count = this.chosen.reduce((sum, value) => sum + value, 0);
    if (!count) this.chosen = null;
    this.settle(`${count.toLocaleString("en")} images selected`);
  }

  pick(row) {
    this.picked = row;
    this.chosen = row < 0 ? null : this.maskOf([row]);
    this.settle(row < 0 ? "Nothing selected" : this.title(row));
  }

  clear() {
    this.picked = -1;
    this.chosen = null;
    this.card.show(-1);
    this.settle("Nothing selected");
  }

  settle(words) {
    this.findMask();
    for (const plot of this.plots) if (plot.points) plot.light();
    this.selection.show();
    this.controls();
    this.announce(words);
    this.tell();
  }

  maskOf(rows) {
    const mask = new Uint8Array(this.labels.length);
    for (const row of rows) if (row < mask.length) mask[row] = 1;
    return mask;
  }

  // What is lit: the chosen images with a label that is on; null for all. One picked image is ringed, and dims nothing.
  findMask() {
    const area = this.picked < 0 ? this.chosen : null;
    if (!area && !this.classes.size) this.mask = null;
    else this.mask = Uint8Array.from(this.labels, (label, row) => (!area || area[row]) && (!this.classes.size || this.classes.has(label)));
  }

  selected() {
    if (this.picked >= 0) return [this.picked];
    if (!this.chosen) return [];
    return [...this.chosen.keys()].filter((row) => this.mask[row]);
  }

  tell() {
    const { latents, axes, imagesWanted: images, contoursWanted: contours } = this;
    const rows = this.chosen ? [...this.chosen.keys()].filter((row) => this.chosen[row]) : null;
    this.send?.("view", { classes: [...this.classes].sort((a, b) => a - b), latents, axes, images, contours, rows });
  }

  // What a visitor can do, while nothing is selected.
  hint() {
    return matchMedia("(pointer: coarse)").matches
      ? "Tap a point: the same image is ringed in every plot. Two fingers zoom."
      : "Drag over points in any plot: the same images light up in every plot. Click picks one, Shift and drag draws " +
          "around them, the wheel zooms.";
  }

  announce(words) {
    this.announcement.textContent = words;
  }

  measure(name, began) {
    this.element.dispatchEvent(new CustomEvent("measured", { detail: { name, ms: performance.now() - began } }));
  }

  // --- movement

  // Let all points go to where the switches say.
  moveAll() {
    this.data.spaces.forEach((space, number) => {
      const plot = this.plots[number];
      if (!plot.points) return;
      this.travel(plot, plot.points, this.positions(space, this.files[number]), this.windowOf(space));
    });
  }

  // Move a plot's points, and its visible part, within 300 ms; at once for those who want less motion.
  travel(plot, from, to, window = null) {
    const before = { ...plot.zoomed };
    const after = window ? { x: window[0], y: window[1], half: window[2] } : (plot.travel?.after ?? before);
    if (window) plot.home = after;
    plot.element.classList.add("moving");
    this.unsettled.add(plot);
    plot.travel = { from: from.slice(), to, before, after, began: performance.now() - FRAME_MS }; // the first frame moves
    this.moving ??= requestAnimationFrame(() => this.frame());
  }

  frame() {
    const now = performance.now();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const moving = this.plots.filter((plot) => plot.travel);
    for (const plot of moving) {
      const { from, to, before, after, began } = plot.travel;
      const share = still ? 1 : Math.min(1, (now - began) / MOVE_MS);
      const eased = share * share * (3 - 2 * share);
      const mix = (name) => before[name] + (after[name] - before[name]) * eased;
      plot.zoomed = { x: mix("x"), y: mix("y"), half: mix("half") };
      if (share < 1) {
        plot.between(from, to, eased);
        if (before.half !== after.half) plot.showWindow();
      } else {
        plot.travel = null;
        plot.place(to);
      }
    }
    const rest = this.plots.some((plot) => plot.travel);
    this.moving = rest ? requestAnimationFrame(() => this.frame()) : null;
    if (!rest) this.arrive();
    this.measure("frame", now);
  }

  // Bring frames and names of what has moved up to date, a plot a frame: Vega takes its time.
  arrive() {
    const [plot] = this.unsettled;
    if (!plot || this.moving) return;
    this.unsettled.delete(plot);
    plot.draw();
    plot.showWindow();
    plot.element.classList.remove("moving");
    requestAnimationFrame(() => this.arrive());
  }

  // --- legend and controls

  resize() {
    this.width = this.element.clientWidth;
    if (!this.width) return;
    this.tracks.resize();
    const { least = MIN_WIDTH } = this.data;
    const smallest = Number(getComputedStyle(this.element).getPropertyValue("--plot-type")) || 1; // more for a speaker
    const beside = this.data.beside ? this.data.beside * parseFloat(getComputedStyle(document.documentElement).fontSize) : BESIDE_PX;
    const room = Math.max(least, innerHeight - beside); // the plots and what belongs to them fit the screen
    this.element.style.setProperty("--room", `${room}px`);
    this.plots.forEach((plot, number) => {
      const width = Math.min(this.cells[number].box.clientWidth, room);
      const type = Math.max(Math.min(smallest, Math.max(1, Math.min(width, room) / SMALL)), width / WIDE);
      if (width && !plot.element.hidden) plot.resize(width, type);
    });
  }

  controls() {
    const { names, colors } = this.data.classes;
    if (!names) return;
    const named = names.map((name, label) => {
      const button = this.button("", name, this.classes.has(label), () => this.toggle(label));
      button.textContent = name;
      button.style.setProperty("--class", colors[label % colors.length]);
      return button;
    });
    this.legend.replaceChildren(...named.filter(({ textContent }) => textContent));
    Object.assign(this.legend, { role: "group", ariaLabel: "Classes: pick some to fade the others" });
    const groups = [];
    const wanted = new Set(this.data.controls);
    if (wanted.has("latents")) groups.push(this.choice("Points", LATENTS, "latents", this.hasMeans ? LATENTS : [LATENTS[0]]));
    if (wanted.has("axes") && this.plots.length > 1) groups.push(this.choice("Axes", AXES, "axes"));
    const tools = this.group("Gesture", Object.entries(TOOLS).map(([tool, [title, sign]]) => this.button(sign, title, this.tool === tool, () => this.use(tool))));
    const zoom = this.group("Zoom", Object.entries(DOES).map(([does, [title, sign]]) => this.button(sign, title, null, () => this.zoom(does))));
    groups.push(tools, zoom);
    if (this.data.images) groups.push(this.group("", [this.button("Images", "Test images in place of dots", this.imagesWanted, () => this.wantImages())]));
    if (wanted.has("decode")) groups.push(this.decoding.controls());
    if (wanted.has("contours")) groups.push(this.group("", [this.button("Contours", "Lines around half and nine tenths of each class", this.contoursWanted, () => this.wantContours())]));
    const clear = this.button("Clear", "Clear the selection (Escape)", null, () => this.clear());
    clear.disabled = !this.chosen;
    groups.push(this.group("", [clear]));
    const focused = this.root.activeElement?.title; // the same button, drawn anew
    this.bar.replaceChildren(...groups);
    if (focused) [...this.element.querySelectorAll("button")].find(({ title }) => title === focused)?.focus();
  }

  button(html, title, pressed, act) {
    const button = Object.assign(make("button"), { innerHTML: html, type: "button", title, ariaLabel: title, onclick: act });
    if (pressed !== null) button.ariaPressed = String(pressed);
    return button;
  }

  group(name, buttons) {
    const group = make("div", "group");
    if (name) Object.assign(group, { role: "group", ariaLabel: name });
    group.append(...buttons);
    return group;
  }

  choice(name, values, field, possible = values) {
    const chosen = possible.includes(this[field]) ? this[field] : possible[0];
    const choose = (value) => {
      this[field] = value;
      this.moveAll();
      this.controls();
      this.selection.show();
      this.tell();
    };
    const buttons = values.map((value) => this.button(value, `${name}: ${value}`, value === chosen, () => choose(value)));
    values.forEach((value, number) => (buttons[number].disabled = !possible.includes(value)));
    const group = this.group(name, buttons);
    group.prepend(make("span", "", name));
    return group;
  }

  toggle(label) {
    if (!this.classes.delete(label)) this.classes.add(label);
    this.settle(this.classes.size ? `Classes shown: ${[...this.classes].map((each) => this.data.classes.names[each]).join(", ")}` : "All classes shown");
  }

  use(tool) {
    this.tool = tool;
    this.controls();
  }

  zoom(does) {
    for (const plot of this.plots) {
      if (!plot.points) continue;
      if (does === "reset") plot.reset();
      else plot.zoom(does === "in" ? 0.7 : 1 / 0.7);
    }
  }

  wantContours() {
    this.contoursWanted = !this.contoursWanted;
    this.data.spaces.forEach(({ contours }, number) => this.outline(this.plots[number], contours));
    this.controls();
    this.tell();
  }

  wantImages() {
    this.imagesWanted = !this.imagesWanted;
    for (const plot of this.plots) if (plot.points) plot.draw();
    this.controls();
    this.tell();
  }
}

// Rows of images that belong to a state: each row of its state in a tall image.
function showPictures(box, { pictures = [], at = 0, faded = false }) {
  box.classList.toggle("faded", faded);
  while (box.children.length > pictures.length) box.lastChild.remove();
  pictures.forEach(({ title, url, count, ratio }, number) => {
    let figure = box.children[number];
    if (!figure) {
      figure = make("figure");
      figure.append(make("figcaption"), Object.assign(make("div"), { role: "img" }));
      box.append(figure);
    }
    const [caption, image] = figure.children;
    caption.textContent = title;
    image.ariaLabel = title;
    const row = count > 1 ? at / (count - 1) : 0;
    const style = { backgroundImage: `url("${url}")`, backgroundSize: "100% auto", backgroundPosition: `0 ${100 * row}%`, aspectRatio: String(ratio) };
    Object.assign(image.style, style);
  });
}

// A number with three significant digits.
function three(value) {
  return Number(value.toPrecision(3)).toString();
}

const elements = new WeakMap(); // parent element -> Spaces

export default function drawSpaces({ data, parentElement, setStateValue }) {
  if (!elements.has(parentElement)) elements.set(parentElement, new (data.cursor ? Explorer : Spaces)(parentElement));
  const spaces = elements.get(parentElement);
  const call = (spaces.calls = (spaces.calls ?? 0) + 1);
  spaces.update(data, (name, value) => (name !== "view" || data.tells) && setStateValue(name, value));
  return () => {
    if (spaces.calls === call) spaces.close();
  };
}
