// LayerUpdater: one layer's update, parameter by parameter.
import { Dl4jException, Unsupported } from './exceptions.js';
import { nextLearningRate } from './learning_rate.js';
import { add, div, mul, sign } from './nd4j.js';
import { normalize } from './normalization.js';
import { GradientUpdater, stateArrays } from './updaters.js';

export class LayerUpdater {
  #net;
  #settings;
  #parameters;
  #weights;
  #updaters = new Map();

  /** `takeState(n)` hands out the next n elements of the state view; `weights` are by parameter name. */
  constructor(net, settings, weights, takeState) {
    this.#net = net;
    this.#settings = settings;
    this.#parameters = new Map(settings.parameters.map((parameter) => [parameter.name, parameter]));
    this.#weights = weights;
    this.learningRates = new Map(settings.parameters.map(({ name, learningRate }) => [name, learningRate]));
    this.momentum = settings.momentum;
    for (const { name, updater, length, learningRate } of settings.parameters) {
      const views = Array.from({ length: stateArrays(updater) }, () => takeState(length));
      this.#updaters.set(name, new GradientUpdater(updater, settings, views, learningRate));
      this.#updaters.get(name).initializeState();
    }
  }

  /** LAYER-1, in place; `gradients` is a Map by parameter name. */
  update(gradients, iteration, batchSize) {
    const { frozen, pretrain, normalization, threshold, updater } = this.#settings;
    this.#checkLengths(gradients);
    if (frozen) return; // LAYER-2
    if (!pretrain) normalize(normalization, threshold, [...gradients.values()]); // NORM-12
    for (const [name, g] of gradients) {
      if (!pretrain && isVisibleBias(name)) continue; // LAYER-3
      if (this.#net.policy !== 'None' || updater === 'NESTEROVS') this.#pushRates(name, iteration); // LAYER-4
      this.#updaterOf(name).apply(g, iteration);
      this.#postApply(name, g, batchSize);
    }
  }

  /** LR-1 and MOM-2: stored, pushed into the parameter's updater, used at once. */
  #pushRates(name, iteration) {
    this.#known(name);
    const { updater: layerUpdater, learningRateSchedule, momentumSchedule } = this.#settings;
    const updater = this.#updaters.get(name);
    const rate = nextLearningRate(this.learningRates.get(name), iteration, this.#net, learningRateSchedule);
    this.learningRates.set(name, rate);
    updater.learningRate = rate;
    if (layerUpdater === 'NESTEROVS') {
      this.momentum = momentumSchedule.get(iteration) ?? this.momentum; // MOM-1
      updater.momentum = this.momentum;
    }
  }

  /** POST-1: L2, L1, division, all of them after the updater. */
  #postApply(name, g, batchSize) {
    if (this.#net.useRegularization) {
      const { l1, l2 } = this.#known(name);
      const weights = this.#weights.get(name);
      if (l2 > 0) g.set(add(g, mul(weights, l2)));
      if (l1 > 0) g.set(add(g, mul(sign(weights), l1)));
    }
    if (this.#net.miniBatch) g.set(div(g, batchSize));
  }

  /** KEY-6: a parameter that the layer does not have fails only where its learning rate is read. */
  #updaterOf(name) {
    const { updater } = this.#settings;
    if (this.#updaters.has(name)) return this.#updaters.get(name);
    if (updater !== 'NONE' && updater !== 'ADADELTA') this.#known(name);
    return new GradientUpdater(updater, this.#settings, null, 0);
  }

  #known(name) {
    const parameter = this.#parameters.get(name);
    if (!parameter) throw new Dl4jException('NullPointerException', `no parameter ${name}`);
    return parameter;
  }

  #checkLengths(gradients) {
    for (const [name, { length }] of gradients) {
      const expected = this.#parameters.get(name)?.length ?? length;
      if (length !== expected) throw new Unsupported(`a gradient of ${length} for the ${expected} elements of ${name}`);
    }
  }
}

/** KEY-5: Java's name.split("_") leaves nothing of a name of underscores alone. */
function isVisibleBias(name) {
  if (/^_+$/.test(name)) throw new Dl4jException('ArrayIndexOutOfBoundsException', '0');
  return name.split('_')[0] === 'vb';
}
