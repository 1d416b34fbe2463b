// The static parts of the plane: points, the prior's circles, class names, axis numbers; and decoded images.
// A view is the header that decoder.py's plane_payload describes, with points [x, y, x, y …] and their labels.

// Returns a coordinate as a share of the plane's side from its left or its top.
function share(view, value, axis) {
  const [centre, half] = view.window;
  const fraction = (value - centre[axis] + half) / (2 * half);
  return axis === 0 ? fraction : 1 - fraction;
}

function toPlane(view, shares) {
  const [centre, half] = view.window;
  return [centre[0] + (2 * shares[0] - 1) * half, centre[1] + (1 - 2 * shares[1]) * half];
}

function paintPlane(canvas, view) {
  const side = canvas.clientWidth;
  const ratio = devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(side * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const pencil = {
    context,
    ink: style.getPropertyValue("--st-text-color"),
    ground: style.getPropertyValue("--st-background-color"),
    font: style.fontFamily,
    at: (x, y) => [share(view, x, 0) * side, share(view, y, 1) * side],
  };
  paintPoints(pencil, view);
  paintCircles(pencil, side / (2 * view.window[1]));
  for (const [x, y, name] of view.centres) write(pencil, name, pencil.at(x, y), "bold 16px");
}

function paintPoints({ context, at }, view) {
  context.globalAlpha = 0.75;
  for (let i = 0; i < view.labels.length; i++) {
    const [x, y] = at(view.points[2 * i], view.points[2 * i + 1]);
    context.fillStyle = view.colors[view.labels[i]];
    context.fillRect(x - 1.4, y - 1.4, 2.8, 2.8);
  }
  context.globalAlpha = 1;
}

// At 1, 2 and 3 sigma of the prior N(0, I), with their names where there is room.
function paintCircles(pencil, pixelsPerSigma) {
  const { context, ink, at } = pencil;
  context.strokeStyle = ink;
  context.lineWidth = 1.1;
  for (const sigma of [1, 2, 3]) {
    context.setLineDash([4, 3]);
    context.globalAlpha = 0.75;
    context.beginPath();
    context.arc(...at(0, 0), sigma * pixelsPerSigma, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
    const corner = sigma * Math.SQRT1_2;
    if (pixelsPerSigma > 24) write(pencil, `${sigma}σ`, at(corner, -corner), "11px");
  }
}

// Readable on any colour: a broad line in the colour of the ground lies under the text.
function write({ context, ink, ground, font }, text, [x, y], size) {
  context.font = `${size} ${font}`;
  [context.textAlign, context.textBaseline, context.lineJoin] = ["center", "middle", "round"];
  context.strokeStyle = ground;
  context.lineWidth = 4;
  context.globalAlpha = 0.9;
  context.strokeText(text, x, y);
  context.globalAlpha = 1;
  context.fillStyle = ink;
  context.fillText(text, x, y);
  [context.strokeStyle, context.lineWidth] = [ink, 1.1];
}

// Round numbers along an axis, about five, each with its position as a share of the plane's side.
function ticks(view, axis) {
  const [centre, half] = view.window;
  const power = 10 ** Math.floor(Math.log10(half / 2.5));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => (2 * half) / candidate <= 6.5);
  const marks = [];
  for (let n = Math.ceil((centre[axis] - half) / step); n * step <= centre[axis] + half; n++) {
    marks.push({ text: plain(n * step, step < 1 ? 1 : 0), share: share(view, n * step, axis) });
  }
  return marks;
}

// A number with a true minus sign.
function plain(value, digits) {
  return value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");
}

// Probabilities of the pixels, row by row, as grey values.
function paintImage(canvas, [height, width], pixels) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  for (let i = 0; i < pixels.length; i++) {
    image.data.fill(255 * pixels[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
