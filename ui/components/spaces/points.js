// Points of a latent space: where they lie on the screen, and how they are painted.
const DOT = 2.8; // pixels of a small dot's side; as in latent_space.py
const LARGE_DOT = 5.8;
const OPACITY = 0.75;
const TILE = 26; // pixels of a test image's side among the points
const SHAPES = [
  (context, x, y, size) => context.rect(x - size / 2, y - size / 2, size, size),
  (context, x, y, size) => polygon(context, [x, y - size], [x - size, y + size * 0.8], [x + size, y + size * 0.8]),
  (context, x, y, size) => polygon(context, [x, y - size], [x + size, y], [x, y + size], [x - size, y]),
  (context, x, y, size) => {
    context.rect(x - size, y - size / 3, 2 * size, size / 1.5);
    context.rect(x - size / 3, y - size, size / 1.5, 2 * size);
  },
];

function polygon(context, [x, y], ...corners) {
  context.moveTo(x, y);
  for (const corner of corners) context.lineTo(...corner);
  context.closePath();
}

// Rows in the order of their labels, so that the colour changes once for each class.
function byLabel(labels) {
  const counts = new Uint32Array(65537);
  for (let row = 0; row < labels.length; row++) counts[labels[row] + 1]++;
  for (let label = 0; label < 65536; label++) counts[label + 1] += counts[label];
  const order = new Uint32Array(labels.length);
  for (let row = 0; row < labels.length; row++) order[counts[labels[row]]++] = row;
  return order;
}

// Paint the dots at `at` (x, y, x, y … in pixels) of the rows in `order`; those that `mask` leaves out are skipped.
function paintDots(context, { at, order, labels, colors, large, scale = 1, mask = null }) {
  const size = scale * (large ? LARGE_DOT : DOT);
  context.globalAlpha = OPACITY;
  let current = -1;
  let open = false;
  for (const row of order) {
    if (mask && !mask[row]) continue;
    const label = labels[row];
    if (label !== current) {
      if (open) context.fill();
      current = label;
      context.fillStyle = colors[label % colors.length];
      open = large || label >= 10;
      if (open) context.beginPath();
    }
    const [x, y] = [at[2 * row], at[2 * row + 1]];
    if (!open) context.fillRect(x - size / 2, y - size / 2, size, size);
    else if (large) disc(context, x, y, size / 2);
    else SHAPES[Math.floor(label / 10) % SHAPES.length](context, x, y, size);
  }
  if (open) context.fill();
  context.globalAlpha = 1;
}

function disc(context, x, y, radius) {
  context.moveTo(x + radius, y);
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

// Which rows get an image, so that none covers another: the first in each cell of a grid of tiles.
function withoutOverlap(at, rows, side, mask) {
  const across = Math.ceil(side / TILE);
  const taken = new Uint8Array(across * across);
  const found = [];
  for (let row = 0; row < rows; row++) {
    if (mask && !mask[row]) continue;
    const [x, y] = [at[2 * row], at[2 * row + 1]];
    if (x < 0 || y < 0 || x >= side || y >= side) continue;
    const cell = Math.floor(y / TILE) * across + Math.floor(x / TILE);
    if (taken[cell]) continue;
    taken[cell] = 1;
    found.push(row);
  }
  return found;
}

// Paint test images where their dots would be, as ink in the colour of their class on the ground.
function paintTiles(context, sheet, { at, rows, ids, labels, colors, ground, side, ratio }) {
  const layer = (sheet.layer ??= document.createElement("canvas"));
  layer.width = layer.height = Math.round(side * ratio);
  const tiles = layer.getContext("2d");
  tiles.scale(ratio, ratio);
  tiles.imageSmoothingEnabled = false;
  context.fillStyle = ground;
  for (const row of rows) context.fillRect(corner(at[2 * row]), corner(at[2 * row + 1]), TILE, TILE);
  for (const label of new Set(rows.map((row) => labels[row]))) {
    tiles.globalCompositeOperation = "source-over";
    tiles.clearRect(0, 0, side, side);
    for (const row of rows) {
      if (labels[row] === label) sheet.draw(tiles, ids ? ids[row] : row, corner(at[2 * row]), corner(at[2 * row + 1]), TILE);
    }
    tiles.globalCompositeOperation = "source-in";
    tiles.fillStyle = colors[label % colors.length];
    tiles.fillRect(0, 0, side, side);
    context.drawImage(layer, 0, 0, side, side);
  }
}

function corner(centre) {
  return Math.round(centre - TILE / 2);
}

// The row whose dot is nearest to (x, y), at most `reach` pixels away; -1 if there is none.
function nearestRow(at, x, y, reach, mask = null) {
  let best = reach * reach;
  let found = -1;
  for (let row = 0, i = 0; i < at.length; row++, i += 2) {
    const distance = (at[i] - x) ** 2 + (at[i + 1] - y) ** 2;
    if (distance < best && (!mask || mask[row])) [best, found] = [distance, row];
  }
  return found;
}

// Set `mask` to the rows within a closed line of corners [x, y]; a rectangle is one of four.
function within(at, corners, mask) {
  const [xs, ys] = [0, 1].map((axis) => corners.map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let row = 0; row < mask.length; row++) {
    const [x, y] = [at[2 * row], at[2 * row + 1]];
    mask[row] = x >= left && x <= right && y >= top && y <= bottom && (corners.length === 4 || inside(x, y, corners));
  }
}

function inside(x, y, corners) {
  let odd = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [[ax, ay], [bx, by]] = [corners[i], corners[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

// Points that are sent as whole numbers on a grid for each state: [x, y, step].
function fromGrid(levels, grid) {
  const points = new Float32Array(levels.length);
  const length = levels.length / grid.length;
  for (let i = 0; i < levels.length; i++) {
    const state = grid[Math.floor(i / length)];
    points[i] = state[i % 2] + levels[i] * state[2];
  }
  return points;
}

// The smallest window around windows, each [x, y, half side].
function around(windows) {
  const ends = [0, 1].map((axis) => [
    Math.min(...windows.map((window) => window[axis] - window[2])), Math.max(...windows.map((window) => window[axis] + window[2])),
  ]); // prettier-ignore
  const [[left, right], [low, high]] = ends;
  return [(left + right) / 2, (low + high) / 2, Math.max(right - left, high - low) / 2];
}

// Medians of the points of each class that has any, as [label, x, y]; `order` as from byLabel.
function medians(points, labels, order) {
  const found = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const label = labels[order[start]];
    while (end < order.length && labels[order[end]] === label) end++;
    const values = new Float32Array(end - start);
    const median = (axis) => {
      for (let i = 0; i < values.length; i++) values[i] = points[2 * order[start + i] + axis];
      return values.sort()[values.length >> 1];
    };
    found.push([label, median(0), median(1)]);
  }
  return found;
}

// Push names apart that would cover each other: [label, x, y] in pixels, at least `gap` from each other.
function separated(names, gap) {
  const places = names.map(([label, x, y], i) => [label, x + 1e-3 * i, y + 1e-3 * (i % 3)]);
  for (let round = 0; round < 60; round++) {
    let close = false;
    for (let i = 0; i < places.length; i++) {
      for (let j = 0; j < i; j++) {
        const [dx, dy] = [places[i][1] - places[j][1], places[i][2] - places[j][2]];
        const distance = Math.hypot(dx, dy);
        if (distance >= gap) continue;
        close = true;
        const push = ((gap - distance) / 2 + 0.1) / distance;
        for (const [axis, delta] of [dx, dy].entries()) {
          places[i][axis + 1] += push * delta;
          places[j][axis + 1] -= push * delta;
        }
      }
    }
    if (!close) break;
  }
  return places;
}
