// An adapter for dl4j-conformance that does SGD. Replace `update` by calls of your port.
// One JSON request per line on stdin, one reply per line on stdout; anything else goes to stderr.
'use strict';

const readline = require('node:readline');

const HELLO = {
  protocol: 1,
  implementation: { name: 'my-port', version: '0.1', language: 'JavaScript', homepage: '' },
  capabilities: { updaters: ['SGD'], types: ['float32', 'float64'], unchained: true, arrays: 'base64' },
};

/** What this port does not do: the case is reported as not run. */
class Unsupported extends Error {}

/** The update of one parameter, in place on its gradient (a Float32Array or Float64Array). */
function update(network, key, gradient, batchSize) {
  const rate = scalar(learningRate(network, key), network.dtype);
  for (let i = 0; i < gradient.length; i++) gradient[i] *= rate; // storing rounds to the array's type
  if (network.conf.mini_batch ?? true) {
    const divisor = scalar(batchSize, network.dtype);
    for (let i = 0; i < gradient.length; i++) gradient[i] /= divisor;
  }
}

/** Of the layer, else of the network, else 0.1; a bias may have its own. */
function learningRate(network, key) {
  const match = /^(0|[1-9]\d*)_(W|b)$/.exec(key);
  if (!match || match[1] >= network.layers.length) throw new Unsupported('this gradient key');
  const layer = network.layers[match[1]];
  let rate = Number(layer.learning_rate ?? NaN); // "NaN" and absent mean unset
  if (Number.isNaN(rate)) rate = Number(network.conf.learning_rate ?? 0.1);
  const biasRate = Number(layer.bias_learning_rate ?? NaN);
  return match[2] === 'b' && !Number.isNaN(biasRate) ? biasRate : rate;
}

/** A Java double that meets an array: NaN becomes 1e-5, then it is rounded to the array's type. */
function scalar(x, dtype) {
  const number = Number.isNaN(x) ? 1e-5 : x;
  return dtype === 'float32' ? Math.fround(number) : number;
}

/** Throw Unsupported for settings that need more than this file has. */
function refuseWhatIsNotSgd({ conf, layers }) {
  if (conf.use_regularization) throw new Unsupported('penalties');
  if (Object.keys(conf).some((name) => /^(lr_policy|learning_rate_schedule)/.test(name))) {
    throw new Unsupported('learning-rate policies');
  }
  for (const layer of layers) {
    if ((layer.updater ?? conf.updater ?? 'SGD') !== 'SGD') throw new Unsupported('updaters other than SGD');
    if ((layer.type ?? 'dense') !== 'dense' || layer.frozen || layer.pretrain) {
      throw new Unsupported('layers other than dense ones');
    }
    if ((layer.gradient_normalization ?? conf.gradient_normalization ?? 'None') !== 'None') {
      throw new Unsupported('gradient normalisation');
    }
  }
}

/** Arrays travel as little-endian bytes in base64. */
function fromWire({ base64 }, dtype) {
  const bytes = Buffer.from(base64, 'base64');
  const array = dtype === 'float32' ? new Float32Array(bytes.length / 4) : new Float64Array(bytes.length / 8);
  for (let i = 0; i < array.length; i++) {
    array[i] = dtype === 'float32' ? bytes.readFloatLE(4 * i) : bytes.readDoubleLE(8 * i);
  }
  return array;
}

function toWire(array) {
  const bytes = Buffer.alloc(array.byteLength);
  array.forEach((x, i) => (array.BYTES_PER_ELEMENT === 4 ? bytes.writeFloatLE(x, 4 * i) : bytes.writeDoubleLE(x, 8 * i)));
  return { base64: bytes.toString('base64') };
}

const sessions = new Map();

/** The reply, without seq. */
function answer(request) {
  switch (request.op) {
    case 'hello':
      return { reply: 'ok', ...HELLO };
    case 'open':
      refuseWhatIsNotSgd(request.network);
      sessions.set(request.session, request.network);
      return { reply: 'ok' };
    case 'update': {
      const network = sessions.get(request.session);
      const updates = {};
      for (const { key, values } of request.gradients) {
        const gradient = fromWire(values, network.dtype);
        update(network, key, gradient, request.batch_size);
        updates[key] = toWire(gradient);
      }
      return { reply: 'ok', updates };
    }
    case 'close':
      sessions.delete(request.session);
      return { reply: 'ok' };
    default:
      throw new Unsupported(request.op);
  }
}

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => {
  const request = JSON.parse(line);
  let reply;
  try {
    reply = answer(request);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    reply = { reply: 'unsupported', reason: error.message };
  }
  process.stdout.write(JSON.stringify({ seq: request.seq, ...reply }) + '\n');
});
