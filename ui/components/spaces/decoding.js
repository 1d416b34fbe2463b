// A switch among the controls: the card shows what the decoder makes of the point under the pointer, also where there is
// no test image, in place of the nearest one; where the decoder has a condition, as the class that is picked.
class Decoding {
  constructor(owner) {
    this.owner = owner;
    this.on = false;
    this.label = 0;
    this.cursors = new Map(); // plot -> Cursor
    this.picker = Object.assign(make("div", "group picker"), { role: "group", ariaLabel: "Class to decode as", hidden: true });
  }

  toggle() {
    this.owner.hover(-1);
    this.on = !this.on;
    this.owner.controls();
  }

  choose(label) {
    this.label = label;
    this.owner.controls();
    if (this.cursor) this.show();
  }

  // Follow the pointer in a plot; the cursor is drawn in no other.
  follow(plot, event) {
    if (this.cursor?.plot !== plot) this.leave();
    this.cursor = this.cursors.get(plot) ?? new Cursor(plot, () => this.show());
    this.cursors.set(plot, this.cursor);
    plot.cursor = this.cursor;
    this.cursor.follow(event);
    if (event.pointerType === "touch") addEventListener("scroll", () => this.leave(), { once: true, passive: true, capture: true });
  }

  leave() {
    if (!this.cursor) return;
    const { plot } = this.cursor;
    this.cursor = plot.cursor = null;
    this.owner.card.show(-1);
    plot.ring();
  }

  show() {
    if (!this.cursor) return;
    const began = performance.now();
    const { plot, state } = this.cursor;
    state.label = plot.space.conditional ? this.label : null;
    this.owner.card.showPoint(this.cursor);
    this.owner.measure("decode", began);
  }

  // The switch; and below the plot whose decoder has a condition, the class to decode as.
  controls() {
    const { owner } = this;
    const names = owner.data.classes.names;
    const number = owner.data.spaces.findIndex(({ conditional }) => conditional);
    this.picker.hidden = !this.on || number < 0;
    if (!this.picker.hidden) {
      const focused = this.picker.contains(owner.root.activeElement);
      this.picker.replaceChildren(make("span", "", "Decode as"), ...names.map((name, label) => this.button(name, label)));
      owner.cells[number].words.prepend(this.picker);
      if (focused) this.picker.querySelectorAll("button")[this.label].focus();
    }
    const title = "Decode the point under the pointer, also where there is no test image";
    return owner.group("", [owner.button("Decode", title, this.on, () => this.toggle())]);
  }

  button(name, label) {
    const button = this.owner.button("", `Decode as ${name}`, label === this.label, () => this.choose(label));
    button.textContent = name;
    return button;
  }
}
