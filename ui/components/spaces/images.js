// Test images as one sheet, and images that decoders make.
const sheets = new Map(); // URL -> Sheet

class Sheet {
  constructor({ columns, tile }, bitmap) {
    [this.columns, [this.height, this.width], this.bitmap] = [columns, tile, bitmap];
  }

  // The image with this number at (x, y), `side` pixels large; white on nothing, so that it can be tinted.
  draw(context, number, x, y, side) {
    const [left, top] = [(number % this.columns) * this.width, Math.floor(number / this.columns) * this.height];
    context.drawImage(this.mask(), left, top, this.width, this.height, x, y, side, side);
  }

  // The sheet with its brightness as opacity; made when it is first needed.
  mask() {
    if (!this.ink) {
      this.ink = document.createElement("canvas");
      [this.ink.width, this.ink.height] = [this.bitmap.width, this.bitmap.height];
      const context = this.ink.getContext("2d", { willReadFrequently: true });
      context.drawImage(this.bitmap, 0, 0);
      const image = context.getImageData(0, 0, this.ink.width, this.ink.height);
      const pixels = new Uint32Array(image.data.buffer);
      for (let i = 0; i < pixels.length; i++) pixels[i] = ((pixels[i] & 255) << 24) | 0xffffff;
      context.putImageData(image, 0, 0);
    }
    return this.ink;
  }
}

async function loadSheet(images) {
  if (!sheets.has(images.url)) {
    const reply = await fetch(images.url, { cache: "force-cache" });
    if (!reply.ok) throw new Error(`${images.url}: ${reply.status}`);
    sheets.set(images.url, new Sheet(images, await createImageBitmap(await reply.blob())));
  }
  return sheets.get(images.url);
}

// Fetch a message of message.py; URLs name their content, so that the browser's copy is always right.
async function load(url) {
  const reply = await fetch(url, { cache: "force-cache" });
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  return unpack(new Uint8Array(await reply.arrayBuffer()));
}

// Paint probabilities of pixels, row by row, as grey values into a canvas.
function paintPixels(canvas, [height, width], pixels) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(grey(pixels, height, width), 0, 0);
}

function grey(pixels, height, width) {
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (Math.round(255 * pixels[i]) * 0x010101);
  return image;
}
