// The plane under the cursor: decodes the point that is pointed at, and pins points. network.js and plane.js precede it.
// data: a message from decoder.py. A decoder is stored here for all planes; a plane is drawn.
// For tests, the plane's element has decode(z, label) and fires "decoded" with the milliseconds that a frame took.
const MAX_PINNED = 12; // as in decoder.py
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
const CLICK_PX = 8; // a pointer that moves farther while it is down does not click
const explorers = new Set(); // on the page
const elements = new WeakMap(); // parent element -> Explorer
const states = new Map(); // key and run -> { at: cursor in the plane, label, pinned: points }

class Explorer {
  constructor(parent) {
    const find = (selector) => parent.querySelector(selector);
    this.root = find(".explorer");
    this.plane = find(".plane");
    this.canvas = find(".plane canvas");
    this.image = find("canvas.image");
    this.calls = 0; // only the last call may close
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
      if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) < CLICK_PX) this.pin();
    });
    plane.addEventListener("pointercancel", () => (this.pressed = null));
    this.root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.handled(event)) return;
      event.preventDefault();
      event.stopPropagation(); // Streamlit has keys of its own
    });
    this.find(".classes").addEventListener("change", (event) => this.choose(Number(event.target.value)));
    this.find(".pinned ol").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.unpin(Number(button.value));
    });
  }

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    const unchanged = this.data?.length === data.length && this.data.every((byte, i) => byte === data[i]);
    if (!unchanged) this.load(data);
    explorers.add(this);
    this.observer.observe(this.plane);
    paintPlane(this.canvas, this.view); // the theme may have changed
  }

  load(data) {
    this.data = data;
    const { header, take } = unpack(data);
    this.view = { ...header, points: take(Float32Array, 2 * header.points), labels: take(Uint16Array, header.points) };
    this.name = `${header.key} ${header.run}`;
    if (!states.has(this.name)) states.set(this.name, { at: [0, 0], label: header.conditional ? 0 : null, pinned: [] });
    this.state = states.get(this.name);
    this.step = Math.max(1, Math.round(header.window[1] / 10)) / 10; // of the arrow keys: 0.1 σ, more in a wide window
    this.labelAxes();
    this.refresh();
    if (this.state.pinned.length && this.sentName !== this.name) this.send(); // Python may have forgotten
  }

  refresh() {
    this.decodeCursor();
    this.listPinned();
  }

  close() {
    explorers.delete(this);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  // Axes, class buttons and keys: what depends on the view alone.
  labelAxes() {
    const { titles, names, colors, conditional } = this.view;
    ["horizontal", "vertical"].forEach((direction, axis) => {
      this.find(`.title.${direction}`).textContent = titles[axis];
      const numbers = ticks(this.view, axis).map(({ text, share }) => {
        const number = make("span", text);
        number.style[axis === 0 ? "left" : "top"] = `${100 * share}%`;
        return number;
      });
      this.find(`.numbers.${direction}`).replaceChildren(...numbers);
    });
    const letters = names.every((name) => name.length === 1);
    this.keys = !conditional ? [] : letters ? names : names.slice(0, 10).map((_, label) => `${label}`);
    this.find(".keys").textContent =
      `Keys: arrows move by ${plain(this.step, 1)} σ, with Shift by ${plain(5 * this.step, 1)} σ; Enter pins` +
      (conditional ? `; ${this.keys[0]}–${this.keys.at(-1)} choose the class.` : ".");
    this.find(".classes").hidden = !conditional;
    this.find(".classes").classList.toggle("many", names.length > 10 || !letters);
    const choices = conditional ? names.map((name, label) => classButton(name, label, colors[label])) : [];
    this.find(".classes div").replaceChildren(...choices);
    if (conditional) choices[this.state.label].firstChild.checked = true;
  }

  follow(event) {
    const box = this.plane.getBoundingClientRect();
    const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    this.move(toPlane(this.view, shares));
  }

  move(at) {
    const [centre, half] = this.view.window;
    this.state.at = at.map((value, axis) => Math.min(Math.max(value, centre[axis] - half), centre[axis] + half));
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.decodeCursor();
    });
  }

  handled({ key, shiftKey, target }) {
    const label = this.keys.findIndex((name) => name.toLowerCase() === key.toLowerCase());
    if (label >= 0) {
      this.find(`.classes input[value="${label}"]`).checked = true;
      this.choose(label);
      this.announce(`Decoded as ${this.view.names[label]}`);
    } else if (target !== this.plane) {
      return false;
    } else if (key in ARROWS) {
      const step = shiftKey ? 5 * this.step : this.step;
      this.move(this.state.at.map((value, axis) => value + step * ARROWS[key][axis]));
      this.announce(this.describe(this.state.at, null));
    } else if (key === "Enter" || key === " ") {
      this.pin();
    } else {
      return false;
    }
    return true;
  }

  choose(label) {
    this.state.label = label;
    this.move(this.state.at);
  }

  pin() {
    const { at, label, pinned } = this.state;
    if (pinned.length < MAX_PINNED) {
      pinned.push({ z: this.z(at), label });
      this.send();
    }
    this.listPinned();
  }

  unpin(number) {
    this.state.pinned.splice(number, 1);
    this.listPinned();
    const buttons = this.root.querySelectorAll(".pinned button");
    (buttons[Math.min(number, buttons.length - 1)] ?? this.plane).focus();
    this.send();
  }

  send() {
    this.sentName = this.name;
    this.setStateValue("pinned", { run: this.view.run, points: this.state.pinned });
  }

  decodeCursor() {
    const began = performance.now();
    const { at, label } = this.state;
    put(this.find(".cursor"), this.view, at);
    const pixels = decoders.get(this.view.run)?.decode(this.z(at), label);
    this.find("figcaption").textContent = pixels ? this.describe(at, label) : "Loading the decoder …";
    paintImage(this.image, this.view.shape, pixels ?? []);
    if (!pixels) return;
    this.plane.dispatchEvent(new CustomEvent("decoded", { detail: performance.now() - began }));
  }

  listPinned() {
    const { pinned } = this.state;
    const full = pinned.length === MAX_PINNED ? ": unpin one to pin another" : "";
    this.find(".status").textContent = pinned.length
      ? `${pinned.length} of ${MAX_PINNED} pinned${full}`
      : "Points you pin appear here.";
    this.find(".pinned ol").replaceChildren(...pinned.map((point, number) => this.item(point, number)));
    const rings = pinned.map(({ z }, number) => {
      const ring = make("span", `${number + 1}`);
      put(ring, this.view, this.project(z));
      return ring;
    });
    this.find(".rings").replaceChildren(...rings);
  }

  item({ z, label }, number) {
    const [item, head, image, button] = ["li", "div", "canvas", "button"].map((tag) => make(tag));
    const at = this.project(z);
    [button.type, button.value, button.ariaLabel] = ["button", number, `Unpin point ${number + 1}`];
    button.textContent = "×";
    [image.role, image.ariaLabel] = ["img", `Decoded from ${this.describe(at, label)}`];
    const pixels = decoders.get(this.view.run)?.decode(z, label);
    if (pixels) paintImage(image, this.view.shape, pixels);
    head.append(`${number + 1}`, button);
    item.append(head, image, at.map((value) => plain(value, 2)).join(", "));
    if (label !== null) item.append(make("br"), `as ${this.view.names[label]}`);
    return item;
  }

  describe(at, label) {
    const { symbols, names } = this.view;
    const coordinates = at.slice(0, this.view.base.length).map((value, axis) => `${symbols[axis]} = ${plain(value, 2)}`);
    return coordinates.join(", ") + (label === null ? "" : `, as ${names[label]}`);
  }

  announce(text) {
    this.find(".announcement").textContent = text;
  }

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

function classButton(name, label, color) {
  const [element, input, caption] = [make("label"), make("input"), make("span", name)];
  [input.type, input.name, input.value] = ["radio", "class", label];
  caption.style.setProperty("--class", color);
  element.append(input, caption);
  return element;
}

function put(element, view, at) {
  element.style.left = `${100 * share(view, at[0], 0)}%`;
  element.style.top = `${100 * share(view, at[1], 1)}%`;
}

export default function ({ data, parentElement, setStateValue }) {
  const { header, take } = unpack(data);
  if (header.kind === "decoder") {
    if (addDecoder(header, take)) explorers.forEach((explorer) => explorer.refresh());
    return;
  }
  if (!elements.has(parentElement)) elements.set(parentElement, new Explorer(parentElement));
  const explorer = elements.get(parentElement);
  const call = ++explorer.calls;
  explorer.update(data, setStateValue);
  return () => {
    if (explorer.calls === call) explorer.close();
  };
}
