// MultiLayerUpdater: gradients to layers by key, one state view over all layers.
import { layerSettings, networkSettings } from './configuration.js';
import { Dl4jException } from './exceptions.js';
import { LayerUpdater } from './layer_updater.js';
import { stateArrays } from './updaters.js';

export class MultiLayerUpdater {
  #layers;

  /**
   * `conf` and `layers` are DL4J's settings in snake_case, `weights` a Map of the parameters by key. `state` is
   * undefined to initialise; an array, or null, is what is given to DL4J's constructor.
   */
  constructor({ dtype, conf, layers, weights, state }) {
    const net = networkSettings(conf, layers.length);
    const settings = layers.map((layer) => layerSettings(layer, conf));
    const sizes = settings.flatMap(({ parameters }) =>
      parameters.map(({ length, updater }) => length * stateArrays(updater)),
    );
    const size = sizes.reduce((total, n) => total + n, 0);
    const view = new (dtype === 'float32' ? Float32Array : Float64Array)(size);
    let taken = 0;
    const take = (length) => view.subarray(taken, (taken += length)); // STATE-1, STATE-3: one after the other
    this.#layers = settings.map((layer, i) => {
      const own = layer.parameters.map(({ name }) => [name, weights.get(`${i}_${name}`)]);
      return new LayerUpdater(net, layer, new Map(own), take);
    });
    this.state = size > 0 ? view : null;
    if (state !== undefined) this.#constructWith(state);
  }

  /** STATE-6. */
  #constructWith(state) {
    const size = this.state?.length ?? 0;
    if ((state?.length ?? 0) !== size) {
      throw new Dl4jException('IllegalStateException', `Expected updater state with size ${size}`);
    }
    if (state) this.state?.set(state);
  }

  /** STATE-7: copied into the view; what has left the view does not notice. */
  setState(state) {
    if (this.state === null) throw new Dl4jException('NullPointerException', 'there is no updater state');
    if (state.length !== this.state.length) {
      throw new Dl4jException('IllegalStateException', `Invalid input: ${this.state.length} elements expected`);
    }
    this.state.set(state);
  }

  /** Changes the configuration; an updater notices when a policy pushes the rate (LAYER-4). */
  setLearningRate(key, learningRate) {
    const [index, name] = this.#split(key);
    this.#layers[index].learningRates.set(name, learningRate);
  }

  /** In place: every array of the Map `gradients` becomes the update of its key. */
  update(gradients, iteration, batchSize) {
    // MLU-1: all keys before any layer, so that a malformed one changes nothing.
    const byLayer = this.#layers.map(() => new Map());
    for (const [key, gradient] of gradients) {
      const [index, name] = this.#split(key);
      byLayer[index].set(name, gradient);
    }
    this.#layers.forEach((layer, i) => layer.update(byLayer[i], iteration, batchSize));
  }

  /** Java doubles by key. */
  learningRates() {
    return new Map(
      this.#layers.flatMap(({ learningRates }, i) => [...learningRates].map(([name, rate]) => [`${i}_${name}`, rate])),
    );
  }

  /** Java doubles by layer; NaN where there is none. */
  momentum() {
    return new Map(this.#layers.map(({ momentum }, i) => [String(i), momentum]));
  }

  /** KEY-1 to KEY-4: layer index and parameter name. */
  #split(key) {
    const at = key.indexOf('_');
    if (at < 0) {
      throw new Dl4jException('IllegalStateException', `Invalid key: MuliLayerNetwork Gradient key ${key}`);
    }
    const text = key.slice(0, at);
    const ascii = asciiDigits(text);
    const index = Number(ascii);
    if (!/^[+-]?[0-9]+$/.test(ascii) || index < -(2 ** 31) || index >= 2 ** 31) {
      throw new Dl4jException('NumberFormatException', `For input string: "${text}"`);
    }
    if (index < 0 || index >= this.#layers.length) throw new Dl4jException('ArrayIndexOutOfBoundsException', text);
    return [index, key.slice(at + 1)];
  }
}

/** KEY-3: digits of any script, if they are one UTF-16 unit. A script's ten digits stand in a row, from ...0 or ...6. */
function asciiDigits(text) {
  return text.replace(/(?![\u{10000}-\u{10ffff}])\p{Nd}/gu, (digit) => {
    const code = digit.charCodeAt(0);
    const row = code - (code % 16);
    return String(code - (/\p{Nd}/u.test(String.fromCharCode(row)) ? row : row + 6));
  });
}
