// A run's decoder: z and a class to pixels, as in vae_core/models.py (linear layers, ReLU between them, sigmoid).
const MAX_DECODERS = 8; // in memory: about 2 MB each
const decoders = new Map(); // run id -> Decoder, the latest last

// The values of all float16 without a sign: not every browser has the type.
const HALVES = Float32Array.from({ length: 1 << 15 }, (_, bits) => {
  const [exponent, fraction] = [bits >> 10, bits & 1023];
  if (exponent === 31) return fraction ? NaN : Infinity;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

function fromHalves(bits) {
  return Float32Array.from(bits, (half) => (half & 0x8000 ? -HALVES[half & 0x7fff] : HALVES[half]));
}

// Split a message of decoder_export.py into its header and arrays; `take(Type, length)` returns the next array.
function unpack(data) {
  const size = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + size)));
  const body = data.slice(4 + size).buffer; // a copy, because typed arrays begin at multiples of their size
  let offset = 0;
  const take = (Type, length) => {
    const array = new Type(body, offset, length);
    offset += array.byteLength;
    return array;
  };
  return { header, take };
}

class Decoder {
  constructor({ inputs, widths, classes }, take) {
    const first = take(Float32Array, classes * widths[0]);
    this.firstBiases = Array.from({ length: classes }, (_, label) =>
      first.subarray(label * widths[0], (label + 1) * widths[0]),
    );
    const fanIns = [inputs, ...widths.slice(0, -1)];
    const weights = widths.map((width, layer) => fromHalves(take(Uint16Array, fanIns[layer] * width)));
    const biases = widths.slice(1).map((width) => fromHalves(take(Uint16Array, width)));
    this.layers = weights.map((weight, layer) => ({
      weight,
      bias: biases[layer - 1], // none in the first layer: it depends on the class
      output: new Float32Array(widths[layer]),
    }));
  }

  // Returns the probabilities of the pixels, row by row; the next call overwrites the array.
  decode(z, label) {
    let values = z;
    for (const { weight, bias, output } of this.layers) {
      output.set(bias ?? this.firstBiases[label ?? 0]);
      accumulate(values, weight, output);
      const last = output === this.layers.at(-1).output;
      for (let j = 0; j < output.length; j++) output[j] = last ? 1 / (1 + Math.exp(-output[j])) : Math.max(output[j], 0);
      values = output;
    }
    return values;
  }
}

// output += values · weight, input by input, because ReLU leaves many of them 0.
function accumulate(values, weight, output) {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === 0) continue;
    for (let j = 0, at = i * output.length; j < output.length; j++, at++) output[j] += value * weight[at];
  }
}

// Store a decoder; returns whether it is new.
function addDecoder(header, take) {
  if (decoders.has(header.run)) return false;
  decoders.set(header.run, new Decoder(header, take));
  if (decoders.size > MAX_DECODERS) decoders.delete(decoders.keys().next().value);
  return true;
}
