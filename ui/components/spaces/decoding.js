// A switch among the controls: decode what the pointer is on, also where there is no test image, and as any class where
// the decoder has a condition. The card then shows the decoded point in place of the nearest image.
class Decoding {
  constructor(owner) {
    this.owner = owner;
    this.on = false;
    this.label = 0;
    this.cursors = new Map(); // plot -> Cursor
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

  // The switch, and the class to decode as.
  controls() {
    const { owner } = this;
    const title = "Decode the point under the pointer, also where there is no test image";
    const groups = [owner.group("", [owner.button("Decode", title, this.on, () => this.toggle())])];
    if (this.on && owner.data.spaces.some(({ conditional }) => conditional)) {
      const names = owner.data.classes.names;
      const as = owner.group("Class to decode as", names.map((name, label) => this.button(name, label)));
      as.prepend(make("span", "", "cVAE decodes as"));
      as.classList.add("as");
      groups.push(as);
    }
    return groups;
  }

  button(name, label) {
    const button = this.owner.button("", `Decode as ${name}`, label === this.label, () => this.choose(label));
    button.textContent = name;
    return button;
  }
}
