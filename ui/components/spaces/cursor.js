// Decode at the pointer: what the decoder makes of the point of a plot that is pointed at, also where there is no test
// image; by mouse, by finger, and by the arrow keys while the plot has the focus.
//
// A point (c₁, c₂) of the plane is z = base + c₁ directions[0] + c₂ directions[1]; without these fields of the plot's
// space, c₁ and c₂ are the first two latent dimensions, and the others are 0.
const STEP = 0.1; // of an arrow key, in sigma; wider in a wide plot, narrower where the visitor has zoomed in
const LEAP = 5; // steps of an arrow key with Shift
const PIN = 11; // radius of a pinned point, in pixels

class Cursor {
  // `show()` is called, at most once a frame, after the point has changed.
  constructor(plot, show) {
    [this.plot, this.show] = [plot, show];
    this.state = { at: [0, 0], label: null, pinned: [] }; // label: the class to decode as, where there is a condition
    this.frame = 0;
    plot.cursor = this;
    for (const type of ["pointerdown", "pointermove"]) plot.element.addEventListener(type, (event) => this.follow(event));
    plot.element.addEventListener("keydown", (event) => this.press(event), { capture: true }); // before the plot's keys
  }

  follow(event) {
    if (this.plot.cursor !== this) return; // switched off
    if (this.plot.pointers.size > 1 || !this.plot.side) return; // two fingers zoom
    const inside = (pixel) => Math.min(this.plot.side, Math.max(0, pixel));
    this.move(this.plot.toPlane(...this.plot.position(event).map(inside)));
  }

  press(event) {
    if (this.plot.cursor !== this) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.walk(arrow, event.shiftKey ? LEAP : 1);
    else if (event.key === "Enter" || (event.key === " " && !this.plot.element.matches(":hover"))) this.plot.owner.pick(-1, this.plot);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // Go `steps` in the direction of an arrow key; the visible part comes along.
  walk(arrow, steps) {
    const { plot, state } = this;
    const { home, zoomed } = plot;
    const step = (this.step * steps * zoomed.half) / home.half;
    const centre = [home.x, home.y];
    const clamp = (value, axis) => Math.min(centre[axis] + home.half, Math.max(centre[axis] - home.half, value));
    const at = state.at.map((value, axis) => clamp(value + step * arrow[axis], axis));
    const over = (value, middle) => Math.sign(value - middle) * Math.max(0, Math.abs(value - middle) - zoomed.half);
    const [dx, dy] = [over(at[0], zoomed.x), over(at[1], zoomed.y)];
    if (dx || dy) plot.pan(dx, dy);
    this.move(at);
    plot.owner.announce(this.words(at));
  }

  move(at) {
    this.state.at = at;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.plot.ring();
      this.show();
    });
  }

  // The step of an arrow key in the whole plot.
  get step() {
    return Math.max(1, Math.round(this.plot.home.half / 10)) * STEP;
  }

  // What the decoder makes of the point: probabilities of pixels, row by row; undefined while it is on the way.
  decode({ z, label } = { z: this.z(), label: this.state.label }) {
    return decoders.get(this.plot.space.run)?.decode(z, label);
  }

  z([first, second] = this.state.at) {
    const [one, other] = this.directions;
    return this.base.map((value, i) => value + first * one[i] + second * other[i]);
  }

  project(z) {
    return this.directions.map((row) => row.reduce((sum, value, i) => sum + value * (z[i] - this.base[i]), 0));
  }

  get base() {
    return this.plot.space.base ?? new Array(this.plot.space.latent_dim).fill(0);
  }

  get directions() {
    return this.plot.space.directions ?? [0, 1].map((axis) => this.base.map((_, i) => Number(i === axis)));
  }

  // The coordinates, and the class that the decoder is given.
  words(at, label = null) {
    const { symbols = ["z₁", "z₂"], names } = this.plot.space;
    const coordinates = at.slice(0, this.base.length).map((value, axis) => `${symbols[axis]} = ${plain(value, 2)}`);
    return coordinates.join(", ") + (label === null ? "" : `, as ${names[label]}`);
  }

  // Mark the point, and number the pinned ones.
  draw(context) {
    const { plot, state } = this;
    const { ink, ground } = plot.owner.colors;
    context.font = `600 12px ${getComputedStyle(plot.element).fontFamily}`;
    [context.textAlign, context.textBaseline] = ["center", "middle"];
    state.pinned.forEach(({ z }, number) => {
      const [x, y] = plot.toPixels(...this.project(z));
      context.beginPath();
      disc(context, x, y, PIN);
      [context.fillStyle, context.strokeStyle, context.lineWidth] = [ground, ink, 2];
      context.fill();
      context.stroke();
      context.fillStyle = ink;
      context.fillText(`${number + 1}`, x, y);
    });
    plot.circle(context, ...plot.toPixels(...state.at), 2);
  }
}

// A number with a true minus sign.
function plain(value, digits) {
  return value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");
}
