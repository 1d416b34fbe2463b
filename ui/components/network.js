// A run's decoder: z and a class to pixels, through the layers that the model exports.
const MAX_DECODERS = 8; // in memory: about 2 MB each
const decoders = new Map(); // run id -> Decoder, the latest last

// The values of all float16 without a sign: not every browser has the type.
const HALVES = Float32Array.from({ length: 1 << 15 }, (_, bits) => {
  const [exponent, fraction] = [bits >> 10, bits & 1023];
  if (exponent === 31) return fraction ? NaN : Infinity;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

function fromHalves(bits) {
  const values = new Float32Array(bits.length); // Float32Array.from takes 15 times as long
  for (let i = 0; i < bits.length; i++) values[i] = bits[i] & 0x8000 ? -HALVES[bits[i] & 0x7fff] : HALVES[bits[i]];
  return values;
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

const ACTIVATIONS = {
  relu: (value) => Math.max(value, 0),
  tanh: Math.tanh,
  gelu: (value) => 0.5 * value * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3))),
  sigmoid: (value) => 1 / (1 + Math.exp(-value)),
};

class Decoder {
  constructor({ layers }, take) {
    const biases = layers.map(({ outputs, classes }) =>
      Array.from({ length: classes }, () => take(Float32Array, outputs)),
    );
    this.layers = layers.map(({ activation, inputs, outputs }, number) => ({
      activation: ACTIVATIONS[activation],
      weight: fromHalves(take(Uint16Array, inputs * outputs)),
      biases: biases[number], // one for each class, or a single one
      output: new Float32Array(outputs),
    }));
  }

  // Returns the probabilities of the pixels, row by row; the next call overwrites the array.
  decode(z, label) {
    let values = z;
    for (const { activation, weight, biases, output } of this.layers) {
      output.set(biases[biases.length > 1 ? label : 0]);
      accumulate(values, weight, output);
      for (let j = 0; j < output.length; j++) output[j] = activation(output[j]);
      values = output;
    }
    return values;
  }
}

// output += values · weight, input by input, because a ReLU leaves many of them 0.
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
