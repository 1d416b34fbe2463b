// The plane under the cursor: decodes the place that is pointed at, and keeps places. network.js and plane.js precede it.
// data: a message of decoder.py. One with a decoder is remembered here for all planes; one with a plane is shown.
// For tests, the plane's element has decode(z, label) and fires "decoded" with the milliseconds that a frame took.
const MAX_KEPT = 12; // as in decoder.py
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
const CLICK_PX = 8; // a pointer that went farther while it was down did not click
const explorers = new Set(); // on the page
const elements = new WeakMap(); // parent element -> Explorer
const memory = new Map(); // key and run -> what a visitor left there

class Explorer {
  constructor(parent) {
    const find = (selector) => parent.querySelector(selector);
    this.root = find(".explorer");
    this.plane = find(".plane");
    this.canvas = find(".plane canvas");
    this.image = find("canvas.image");
    this.turn = 0; // counts the calls, of which only the last may close
    this.observer = new ResizeObserver(() => paintPlane(this.canvas, this.view));
    this.find = find;
    this.plane.decode = (z, label) => Array.from(decoders.get(this.view.run).decode(z, label));
    this.listen();
  }

  listen() {
    const { plane } = this;
    plane.addEventListener("pointermove", (event) => this.follow(event));
    plane.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button) return;
      this.pressed = [event.clientX, event.clientY];
      plane.setPointerCapture(event.pointerId);
      this.follow(event);
    });
    plane.addEventListener("pointerup", (event) => {
      const { pressed } = this;
      this.pressed = null;
      if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) < CLICK_PX) this.keep();
    });
    plane.addEventListener("pointercancel", () => (this.pressed = null));
    this.root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.handled(event)) return;
      event.preventDefault();
      event.stopPropagation(); // Streamlit has keys of its own
    });
    this.find(".classes").addEventListener("change", (event) => this.choose(Number(event.target.value)));
    this.find(".kept ol").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.remove(Number(button.value));
    });
  }

  // ---- from Python ----

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    const same = this.data?.length === data.length && this.data.every((byte, i) => byte === data[i]);
    if (!same) this.take(data);
    explorers.add(this);
    this.observer.observe(this.plane);
    paintPlane(this.canvas, this.view); // the theme may be another
  }

  take(data) {
    this.data = data;
    const { header, take } = unpack(data);
    this.view = { ...header, points: take(Float32Array, 2 * header.points), labels: take(Uint16Array, header.points) };
    this.name = `${header.key} ${header.run}`;
    if (!memory.has(this.name)) memory.set(this.name, { at: [0, 0], label: header.conditional ? 0 : null, kept: [] });
    this.place = memory.get(this.name);
    this.step = Math.max(1, Math.round(header.window[1] / 10)) / 10; // of the arrow keys: 0.1 σ, more in a wide window
    this.label();
    this.refresh();
    if (this.place.kept.length && this.told !== this.name) this.tell(); // Python may have forgotten
  }

  refresh() {
    this.show();
    this.list();
  }

  close() {
    explorers.delete(this);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  // Axes, class buttons and keys: what depends on the view alone.
  label() {
    const { titles, names, colors, conditional } = this.view;
    ["horizontal", "vertical"].forEach((way, axis) => {
      this.find(`.title.${way}`).textContent = titles[axis];
      const numbers = ticks(this.view, axis).map(({ text, place }) => {
        const number = make("span", text);
        number.style[axis === 0 ? "left" : "top"] = `${100 * place}%`;
        return number;
      });
      this.find(`.numbers.${way}`).replaceChildren(...numbers);
    });
    const letters = names.every((name) => name.length === 1);
    this.keys = !conditional ? [] : letters ? names : names.slice(0, 10).map((_, label) => `${label}`);
    this.find(".keys").textContent =
      `Keys: arrows move by ${plain(this.step, 1)} σ, with Shift by ${plain(5 * this.step, 1)} σ; Enter keeps` +
      (conditional ? `; ${this.keys[0]}–${this.keys.at(-1)} choose the class.` : ".");
    this.find(".classes").hidden = !conditional;
    this.find(".classes").classList.toggle("many", names.length > 10 || !letters);
    const choices = conditional ? names.map((name, label) => choice(name, label, colors[label])) : [];
    this.find(".classes div").replaceChildren(...choices);
    if (conditional) choices[this.place.label].firstChild.checked = true;
  }

  // ---- gestures ----

  follow(event) {
    const box = this.plane.getBoundingClientRect();
    const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    this.move(toPlane(this.view, shares));
  }

  move(at) {
    const [centre, half] = this.view.window;
    this.place.at = at.map((value, axis) => Math.min(Math.max(value, centre[axis] - half), centre[axis] + half));
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.show();
    });
  }

  handled({ key, shiftKey, target }) {
    const chosen = this.keys.findIndex((name) => name.toLowerCase() === key.toLowerCase());
    if (chosen >= 0) {
      this.find(`.classes input[value="${chosen}"]`).checked = true;
      this.choose(chosen);
      this.say(`Decoded as ${this.view.names[chosen]}`);
    } else if (target !== this.plane) {
      return false;
    } else if (key in ARROWS) {
      const step = shiftKey ? 5 * this.step : this.step;
      this.move(this.place.at.map((value, axis) => value + step * ARROWS[key][axis]));
      this.say(this.words(this.place.at, null));
    } else if (key === "Enter" || key === " ") {
      this.keep();
    } else {
      return false;
    }
    return true;
  }

  choose(label) {
    this.place.label = label;
    this.move(this.place.at);
  }

  // ---- what is kept ----

  keep() {
    const { at, label, kept } = this.place;
    if (kept.length < MAX_KEPT) {
      kept.push({ z: this.z(at), label });
      this.tell();
    }
    this.list();
  }

  remove(number) {
    this.place.kept.splice(number, 1);
    this.list();
    const buttons = this.root.querySelectorAll(".kept button");
    (buttons[Math.min(number, buttons.length - 1)] ?? this.plane).focus();
    this.tell();
  }

  tell() {
    this.told = this.name;
    this.setStateValue("kept", { run: this.view.run, points: this.place.kept });
  }

  // ---- on screen ----

  show() {
    const began = performance.now();
    const { at, label } = this.place;
    put(this.find(".cursor"), this.view, at);
    const pixels = decoders.get(this.view.run)?.decode(this.z(at), label);
    this.find("figcaption").textContent = pixels ? this.words(at, label) : "The decoder is on its way …";
    paintImage(this.image, this.view.shape, pixels ?? []);
    if (!pixels) return;
    this.plane.dispatchEvent(new CustomEvent("decoded", { detail: performance.now() - began }));
  }

  list() {
    const { kept } = this.place;
    const full = kept.length === MAX_KEPT ? ": remove one to keep another" : "";
    this.find(".status").textContent = kept.length
      ? `${kept.length} of ${MAX_KEPT} kept${full}`
      : "Points that you keep line up here.";
    this.find(".kept ol").replaceChildren(...kept.map((point, number) => this.item(point, number)));
    const rings = kept.map(({ z }, number) => {
      const ring = make("span", `${number + 1}`);
      put(ring, this.view, this.project(z));
      return ring;
    });
    this.find(".rings").replaceChildren(...rings);
  }

  item({ z, label }, number) {
    const [item, head, image, button] = ["li", "div", "canvas", "button"].map((tag) => make(tag));
    const at = this.project(z);
    [button.type, button.value, button.ariaLabel] = ["button", number, `Remove point ${number + 1}`];
    button.textContent = "×";
    [image.role, image.ariaLabel] = ["img", `Decoded from ${this.words(at, label)}`];
    const pixels = decoders.get(this.view.run)?.decode(z, label);
    if (pixels) paintImage(image, this.view.shape, pixels);
    head.append(`${number + 1}`, button);
    item.append(head, image, at.map((value) => plain(value, 2)).join(", "));
    if (label !== null) item.append(make("br"), `as ${this.view.names[label]}`);
    return item;
  }

  words(at, label) {
    const { symbols, names } = this.view;
    const place = at.slice(0, this.view.base.length).map((value, axis) => `${symbols[axis]} = ${plain(value, 2)}`);
    return place.join(", ") + (label === null ? "" : `, as ${names[label]}`);
  }

  say(text) {
    this.find(".spoken").textContent = text;
  }

  // ---- the plane in latent space ----

  z(at) {
    const [first, second] = this.view.directions;
    return this.view.base.map((value, i) => value + at[0] * first[i] + at[1] * second[i]);
  }

  project(z) {
    return this.view.directions.map((direction) =>
      direction.reduce((sum, value, i) => sum + value * (z[i] - this.view.base[i]), 0),
    );
  }
}

function make(tag, text = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function choice(name, label, color) {
  const [element, input, face] = [make("label"), make("input"), make("span", name)];
  [input.type, input.name, input.value] = ["radio", "class", label];
  face.style.setProperty("--class", color);
  element.append(input, face);
  return element;
}

function put(element, view, at) {
  element.style.left = `${100 * share(view, at[0], 0)}%`;
  element.style.top = `${100 * share(view, at[1], 1)}%`;
}

export default function ({ data, parentElement, setStateValue }) {
  const { header, take } = unpack(data);
  if (header.kind === "decoder") {
    if (learn(header, take)) explorers.forEach((explorer) => explorer.refresh());
    return;
  }
  if (!elements.has(parentElement)) elements.set(parentElement, new Explorer(parentElement));
  const explorer = elements.get(parentElement);
  const turn = ++explorer.turn;
  explorer.update(data, setStateValue);
  return () => {
    if (explorer.turn === turn) explorer.close();
  };
}
