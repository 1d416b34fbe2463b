// Tracks: sliders whose stops are states of the spaces, so that points travel from one to the next in the browser.
//
// data.tracks: each { name, title, stops, marked, at, home, step_ms, play }. `stops` are labels; `marked` the numbers of
// those that the buttons step through; `at` is where the server wants the slider, `home` the stop that shows a space as
// it is given; the server hears of it if it `tells`. A space's tracks[name] is { points, pictures, states, stops }: fields that replace those of the space,
// `states` further such fields for each state, `stops` the state's number for each stop of the slider.
// A later track belongs to what an earlier one shows: it returns to its home when that one moves.
// State "tracks": labels by the tracks' names, told once a slider has come to rest.
const REST_MS = 250;
const NAMED_GAP = 10; // pixels between two labels below a slider
const STEPS = {
  previous: ["Previous", icon("M10 3 5 8l5 5"), -1],
  next: ["Next", icon("M6 3l5 5-5 5"), 1],
};
const PLAY = icon("M5 3l8 5-8 5z");
const STOP = icon("M4 4h8v8H4z");

class Tracks {
  constructor(owner) {
    this.owner = owner;
    this.element = make("div", "tracks");
    this.tracks = [];
  }

  update(list = []) {
    this.tracks = list.map((data) => {
      const track = this.tracks.find(({ name }) => name === data.name) ?? new Track(this, data.name);
      track.update(data);
      return track;
    });
    const moved = this.tracks.findIndex((track) => track.data.tells && track.away());
    if (moved >= 0) for (const later of this.tracks.slice(moved + 1)) later.leave(); // this is of another place
    const elements = this.tracks.map(({ element }) => element);
    if (elements.some((element, number) => this.element.children[number] !== element) || this.element.children.length > elements.length) {
      this.element.replaceChildren(...elements);
    }
  }

  // A space as the sliders show it: the last that is not at home decides.
  shown(space) {
    const { tracks = {} } = space;
    const moved = this.tracks.findLast((track) => track.away() && tracks[track.name]);
    const track = moved ?? (space.points || space.message ? null : this.tracks.find(({ name }) => tracks[name]));
    if (!track) return space;
    const { states, stops, ...fields } = tracks[track.name];
    return { ...space, message: "", ...fields, ...states[stops[track.number]] };
  }

  moved(track) {
    const began = performance.now();
    for (const later of this.tracks.slice(this.tracks.indexOf(track) + 1)) later.leave();
    this.owner.retrack();
    this.owner.measure("track", began);
    clearTimeout(this.resting);
    this.resting = null;
  }

  // Tell the server once nothing has moved for a moment: keys come one by one.
  rest() {
    clearTimeout(this.resting);
    if (!this.tracks.some((track) => track.data.tells && track.away())) return;
    this.resting = setTimeout(() => {
      const places = Object.fromEntries(this.tracks.map((track) => [track.name, track.value]));
      for (const track of this.tracks) track.told.add(track.value);
      this.owner.send?.("tracks", places);
    }, REST_MS);
  }

  resize() {
    for (const track of this.tracks) track.nameStops();
  }

  close() {
    clearTimeout(this.resting);
    for (const track of this.tracks) track.halt();
  }
}

class Track {
  constructor(owner, name) {
    [this.owner, this.name, this.told] = [owner, name, new Set()];
    this.element = Object.assign(make("div", `track ${name}`), { role: "group" });
    this.title = make("span", "title");
    this.words = make("output");
    this.input = Object.assign(make("input"), { type: "range", min: 0, step: 1 });
    this.ticks = make("div", "ticks");
    const slider = make("div", "slider");
    slider.append(this.input, this.ticks);
    this.buttons = Object.fromEntries(Object.entries(STEPS).map(([does, [title, sign, way]]) => [does, this.button(title, sign, () => this.step(way))]));
    this.player = this.button("Play", PLAY, () => (this.playing ? this.stop() : this.play()));
    const group = make("div", "group");
    group.append(this.buttons.previous, this.player, this.buttons.next);
    const head = make("div", "name");
    head.append(this.title, this.words);
    this.element.append(head, group, slider);
    this.input.addEventListener("input", () => (this.halt(), this.go(Number(this.input.value))));
    this.input.addEventListener("change", () => this.owner.rest());
    this.element.addEventListener("keydown", (event) => event.stopPropagation()); // the page has shortcuts
  }

  button(title, html, act) {
    return Object.assign(make("button"), { type: "button", title, ariaLabel: title, innerHTML: html, onclick: act });
  }

  update(data) {
    const [before, text] = [this.data, JSON.stringify([data.stops, data.marked])];
    this.data = data;
    const answered = this.told.delete(data.at); // the visitor may have moved on meanwhile
    const moved = !before || (before.at !== data.at && !answered) || this.stale;
    if (moved || !data.stops.includes(this.value)) this.value = data.at;
    this.stale = false;
    Object.assign(this.element, { hidden: data.stops.length < 2, ariaLabel: data.title });
    this.title.textContent = data.title;
    this.input.max = data.stops.length - 1;
    this.input.ariaLabel = data.title;
    if (this.text !== text) {
      this.text = text;
      this.drawTicks();
    }
    this.showPlace();
  }

  get number() {
    return this.data.stops.indexOf(this.value);
  }

  away() {
    return !this.stale && this.value !== this.data.home;
  }

  // What an earlier track shows is no longer what this one belongs to.
  leave() {
    this.halt();
    this.value = this.data.home;
    this.stale = true;
    this.showPlace();
  }

  go(number) {
    if (number === this.number) return;
    this.value = this.data.stops[number];
    this.showPlace();
    this.owner.moved(this);
  }

  showPlace() {
    const { number, value, data } = this;
    const marked = data.marked.includes(number);
    this.input.value = number;
    this.input.disabled = this.stale;
    this.element.style.setProperty("--share", data.stops.length > 1 ? number / (data.stops.length - 1) : 0);
    this.input.ariaValueText = marked ? value : `${value}, ${data.unmarked}`;
    this.input.setAttribute("aria-valuetext", this.input.ariaValueText);
    this.words.textContent = value;
    for (const [does, [, , way]] of Object.entries(STEPS)) this.buttons[does].disabled = this.stale || this.following(way) === undefined;
    const title = this.playing ? "Stop" : data.play;
    Object.assign(this.player, { title, ariaLabel: title, innerHTML: (this.playing ? STOP : PLAY) + `<span>${title}</span>` });
    this.player.disabled = this.stale || data.marked.length < 2;
    for (const tick of this.ticks.children) tick.classList.toggle("here", Number(tick.dataset.number) === number);
  }

  // The next marked stop in a direction.
  following(way) {
    const { marked } = this.data;
    return way > 0 ? marked.find((number) => number > this.number) : marked.findLast((number) => number < this.number);
  }

  step(way) {
    this.halt();
    const number = this.following(way);
    if (number !== undefined) this.go(number);
    this.owner.rest();
  }

  // Go through the marked stops up to the last, from the first if there is none ahead.
  play() {
    if (this.following(1) === undefined) this.go(this.data.marked[0]);
    this.playing = setInterval(() => {
      const number = this.following(1);
      if (number === undefined) this.stop();
      else this.go(number);
    }, this.data.step_ms);
    this.showPlace();
  }

  stop() {
    this.halt();
    this.owner.rest();
  }

  halt() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = null;
    this.showPlace();
  }

  drawTicks() {
    const { stops, marked } = this.data;
    this.ticks.replaceChildren(...marked.map((number) => {
      const tick = Object.assign(make("span", "tick", stops[number]), { onclick: () => (this.halt(), this.go(number), this.owner.rest()) });
      tick.dataset.number = number;
      tick.style.setProperty("--share", number / Math.max(1, stops.length - 1));
      return tick;
    })); // prettier-ignore
    this.ticks.ariaHidden = "true"; // the slider says it
    this.nameStops();
  }

  // Leave out labels that would touch the one before.
  nameStops() {
    let end = -Infinity;
    for (const tick of this.ticks.children) tick.classList.remove("nameless");
    for (const [tick, { left, right }] of [...this.ticks.children].map((each) => [each, each.getBoundingClientRect()])) {
      const fits = left > end + NAMED_GAP;
      tick.classList.toggle("nameless", !fits);
      if (fits) end = right;
    }
  }
}
