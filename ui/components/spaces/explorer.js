// One latent space that is decoded at the pointer; beside it the decoded image and the class to decode as, below it the
// points that the visitor has pinned, and the selected test images.
//
// Further data: { key }, and in its space { conditional, base, directions, symbols }.
// State "pinned": { run, points: [{ z, label }] }.
const MAX_PINNED = 12; // as in decoder.py
const kept = new Map(); // key and run -> the cursor's state
const views = new Map(); // key -> what is selected
const SIDE = `
  <figure>
    <canvas class="image" role="img" aria-label="Image decoded at the cursor"></canvas>
    <figcaption>Loading the decoder …</figcaption>
  </figure>
  <fieldset class="classes" hidden>
    <legend>Decode as</legend>
    <div></div>
  </fieldset>
  <p class="help" id="help">Point anywhere to decode that point; click or tap to pin it. <span class="keys"></span></p>`;
const PINNED = `<p class="status" role="status"></p><ol></ol>`;

class Explorer extends Spaces {
  constructor(root) {
    super(root);
    this.element.classList.add("explorer");
    this.side = Object.assign(make("div", "side"), { innerHTML: SIDE });
    this.pins = Object.assign(make("section", "pinned"), { innerHTML: PINNED, ariaLabel: "Pinned points" });
    this.row.after(this.head, this.pins);
    this.element.addEventListener("keydown", (event) => this.press(event), { capture: true });
    this.side.addEventListener("change", ({ target }) => this.choose(Number(target.value)));
    this.pins.addEventListener("click", ({ target }) => target.value && this.unpin(Number(target.value)));
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  build() {
    const first = !this.cells;
    super.build();
    if (first) {
      const [plot] = this.plots;
      this.cells[0].box.after(this.side);
      this.cursor = new Cursor(plot, () => this.showImage());
      plot.element.setAttribute("aria-describedby", "help");
      plot.element.decode = (z, label) => Array.from(this.cursor.decode({ z, label })); // for tests
    }
    const [space] = this.data.spaces;
    const name = `${this.data.key} ${space.run}`;
    if (!kept.has(name)) kept.set(name, { at: [0, 0], label: space.conditional ? 0 : null, pinned: [] });
    this.cursor.state = kept.get(name);
    this.name = name;
  }

  async update(data, send) {
    const keep = (name, value) => (name === "view" ? views.set(data.key, value) : send(name, value));
    await super.update({ ...data, view: views.get(data.key) ?? {} }, keep);
  }

  async show() {
    await super.show();
    if (!this.plots[0].space) return; // there are others by now
    this.describe();
    this.refresh();
    if (this.cursor.state.pinned.length && this.sentName !== this.name) this.tellPins(); // Python may have forgotten
  }

  async more() {
    await super.more();
    this.refresh();
  }

  refresh() {
    this.showImage();
    this.listPinned();
  }

  // Class buttons and keys: what depends on the space alone.
  describe() {
    const { data, cursor } = this;
    const { names, colors } = data.classes;
    const { conditional } = data.spaces[0];
    const letters = names.every((name) => name.length === 1);
    this.letters = !conditional ? [] : letters ? names : names.slice(0, 10).map((_, label) => `${label}`);
    this.find(".keys").textContent =
      `Keys: arrows move by ${plain(cursor.step, 1)} σ, with Shift by ${plain(LEAP * cursor.step, 1)} σ, less when ` +
      "zoomed in; Enter pins" + (conditional ? `; ${this.letters[0]}–${this.letters.at(-1)} choose the class.` : "."); // prettier-ignore
    this.find(".classes").hidden = !conditional;
    this.find(".classes").classList.toggle("many", names.length > 10 || !letters);
    const choices = conditional ? names.map((name, label) => classButton(name, label, colors[label % colors.length])) : [];
    this.find(".classes div").replaceChildren(...choices);
    if (conditional) choices[cursor.state.label].firstChild.checked = true;
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const label = this.letters?.findIndex((name) => name.toLowerCase() === event.key.toLowerCase()) ?? -1;
    if (label < 0) return;
    this.find(`.classes input[value="${label}"]`).checked = true;
    this.choose(label);
    this.announce(`Decoded as ${this.data.classes.names[label]}`);
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
  }

  choose(label) {
    this.cursor.state.label = label;
    this.cursor.move(this.cursor.state.at);
  }

  showImage() {
    const began = performance.now();
    const { cursor, data } = this;
    const { at, label } = cursor.state;
    const pixels = cursor.decode();
    this.find("figcaption").textContent = pixels ? cursor.words(at, label) : "Loading the decoder …";
    paintPixels(this.find("canvas.image"), data.spaces[0].shape, pixels ?? []);
    if (pixels) this.measure("decode", began);
  }

  // --- gestures: the pointer decodes, a click pins; a drag selects as in every latent space

  hover() {}

  pick() {
    const { cursor } = this;
    const { at, label, pinned } = cursor.state;
    const z = cursor.z(at);
    const last = pinned.at(-1);
    const again = last && last.label === label && last.z.every((value, i) => value === z[i]); // as by a double click
    if (!again && pinned.length < MAX_PINNED) {
      pinned.push({ z, label });
      this.tellPins();
    }
    this.listPinned();
  }

  unpin(number) {
    this.cursor.state.pinned.splice(number, 1);
    this.listPinned();
    const buttons = this.pins.querySelectorAll("button");
    (buttons[Math.min(number, buttons.length - 1)] ?? this.plots[0].element).focus();
    this.tellPins();
  }

  tellPins() {
    this.sentName = this.name;
    this.send("pinned", { run: this.data.spaces[0].run, points: this.cursor.state.pinned });
  }

  listPinned() {
    const { pinned } = this.cursor.state;
    const full = pinned.length === MAX_PINNED ? ": unpin one to pin another" : "";
    this.find(".status").textContent = pinned.length
      ? `${pinned.length} of ${MAX_PINNED} pinned${full}`
      : "Points you pin appear here.";
    this.find(".pinned ol").replaceChildren(...pinned.map((point, number) => this.item(point, number)));
    if (this.plots[0].side) this.plots[0].ring();
  }

  item(point, number) {
    const { cursor, data } = this;
    const [item, head, image, button] = ["li", "div", "canvas", "button"].map((tag) => make(tag));
    const at = cursor.project(point.z);
    Object.assign(button, { type: "button", value: number, ariaLabel: `Unpin point ${number + 1}`, textContent: "×" });
    Object.assign(image, { role: "img", ariaLabel: `Decoded from ${cursor.words(at, point.label)}` });
    const pixels = cursor.decode(point);
    if (pixels) paintPixels(image, data.spaces[0].shape, pixels);
    head.append(`${number + 1}`, button);
    item.append(head, image, at.map((value) => plain(value, 2)).join(", "));
    if (point.label !== null) item.append(make("br"), `as ${data.classes.names[point.label]}`);
    return item;
  }

  hint() {
    const drag = "Drag over points to see these test images and their reconstructions; Shift and drag draws around them; ";
    return matchMedia("(pointer: coarse)").matches ? "Two fingers zoom." : `${drag}the wheel zooms.`;
  }
}

function classButton(name, label, color) {
  const [element, input, caption] = [make("label"), make("input"), make("span", "", name)];
  Object.assign(input, { type: "radio", name: "class", value: label });
  caption.style.setProperty("--class", color);
  element.append(input, caption);
  return element;
}
