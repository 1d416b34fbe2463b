// Draws the image of the hovered point into Vega's tooltip.
// data: a Uint8Array: four 16-bit numbers (which models, columns, tile height, tile width), then a WebP sheet of tiles.
// "Which models" is 0 for all, else 1, 2, 3 for ae, vae, cvae.
const KINDS = ["ae", "vae", "cvae"];
const sheets = new Map(); // which models -> { bitmap, columns, height, width }
let observer = null;

function hoveredKind() {
  const space = document.querySelector('[class*="st-key-space-"]:hover');
  const found = space && /st-key-space-(\w+)/.exec(space.className);
  return found ? 1 + KINDS.indexOf(found[1]) : -1;
}

function imageNumber(tooltip) {
  for (const row of tooltip.querySelectorAll("tr")) {
    if (row.querySelector(".key")?.textContent.startsWith("test image")) {
      return Number(row.querySelector(".value").textContent.replace(/[^0-9]/g, ""));
    }
  }
  return null;
}

function draw() {
  const tooltip = document.getElementById("vg-tooltip-element");
  if (!tooltip || tooltip.querySelector("canvas")) return;
  const number = imageNumber(tooltip);
  const sheet = sheets.get(0) ?? sheets.get(hoveredKind());
  if (number === null || !sheet) return;
  const { bitmap, columns, height, width } = sheet;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const left = (number % columns) * width;
  const top = Math.floor(number / columns) * height;
  canvas.getContext("2d").drawImage(bitmap, left, top, width, height, 0, 0, width, height);
  tooltip.prepend(canvas);
}

export default function ({ data }) {
  const head = new DataView(data.buffer, data.byteOffset, 8);
  const [models, columns, height, width] = [0, 2, 4, 6].map((offset) => head.getUint16(offset, true));
  let live = true;
  createImageBitmap(new Blob([data.subarray(8)], { type: "image/webp" })).then((bitmap) => {
    if (live) sheets.set(models, { bitmap, columns, height, width });
  });
  if (!observer) {
    observer = new MutationObserver(draw);
    observer.observe(document.body, { childList: true, subtree: true });
  }
  return () => {
    live = false;
    sheets.delete(models);
  };
}
