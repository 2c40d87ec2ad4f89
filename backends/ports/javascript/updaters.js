// The gradient updaters, in place on a gradient and on views of the state. Operation order is DL4J's.
import { Dl4jException } from './exceptions.js';
import { power } from './fast_math.js';
import { add, div, mul, rdiv, sqrt, sub } from './nd4j.js';

/** STATE-2: how many arrays of the parameter's length each keeps in the state view. */
const STATE_ARRAYS = { SGD: 0, NONE: 0, NESTEROVS: 1, ADAGRAD: 1, RMSPROP: 1, ADAM: 2, ADADELTA: 2 };

export function stateArrays(updater) {
  if (updater === 'CUSTOM') {
    throw new Dl4jException('UnsupportedOperationException', 'Not implemented: CUSTOM'); // STATE-8
  }
  return STATE_ARRAYS[updater];
}

/** One parameter's updater. `learningRate` and `momentum` are pushed into it. */
export class GradientUpdater {
  /** `state` is null for a parameter that the layer does not have. */
  constructor(kind, settings, state, learningRate) {
    this.kind = kind;
    this.settings = settings;
    this.state = state;
    this.learningRate = learningRate;
    this.momentum = settings.momentum;
    this.velocity = null;
  }

  /** STATE-4, STATE-5. */
  initializeState() {
    const start = this.kind === 'ADAGRAD' || this.kind === 'RMSPROP' ? this.settings.epsilon : 0;
    for (const view of this.state) view.fill(start);
  }

  /** LAYER-6: `g` becomes the update. `t` is the iteration. */
  apply(g, t) {
    if (this.state === null && STATE_ARRAYS[this.kind] > 0) {
      throw new Dl4jException('IllegalStateException', 'Updater has not been initialized with view state'); // KEY-6
    }
    switch (this.kind) {
      case 'SGD':
        return g.set(mul(g, this.learningRate));
      case 'ADAM':
        return this.#adam(g, t);
      case 'ADADELTA':
        return this.#adaDelta(g);
      case 'NESTEROVS':
        return this.#nesterovs(g);
      case 'ADAGRAD':
        return this.#adaGrad(g);
      case 'RMSPROP':
        return this.#rmsProp(g);
    }
  }

  #adam(g, t) {
    const [m, v] = this.state;
    const { adam_mean_decay: beta1, adam_var_decay: beta2, epsilon } = this.settings;
    m.set(add(mul(m, beta1), mul(g, 1 - beta1)));
    v.set(add(mul(v, beta2), mul(mul(g, g), 1 - beta2)));
    // ADAM-3: both corrections in the step size, with t + 1.
    let alpha = (this.learningRate * Math.sqrt(1 - power(beta2, t + 1))) / (1 - power(beta1, t + 1));
    if (alpha === 0 || Number.isNaN(alpha)) alpha = epsilon; // ADAM-5
    g.set(div(mul(m, alpha), add(sqrt(v), epsilon)));
  }

  #adaDelta(g) {
    const [msg, msdx] = this.state;
    const { rho, epsilon } = this.settings;
    msg.set(add(mul(msg, rho), mul(mul(g, g), 1 - rho)));
    // ADADELTA-1: the ratio of the roots first; then the second average is fed with the update.
    g.set(mul(g, div(sqrt(add(msdx, epsilon)), sqrt(add(msg, epsilon)))));
    msdx.set(add(mul(msdx, rho), mul(mul(g, g), 1 - rho)));
  }

  /** NESTEROVS-2: the velocity leaves the view at the first step, and the view keeps that step's update. */
  #nesterovs(g) {
    const [view] = this.state;
    const previous = mul(this.velocity ?? view, this.momentum);
    const isFirst = this.velocity === null;
    this.velocity = sub(previous, mul(g, this.learningRate));
    g.set(add(previous, mul(this.velocity, -this.momentum - 1)));
    if (isFirst) view.set(g);
  }

  #adaGrad(g) {
    const [h] = this.state;
    h.set(add(h, mul(g, g)));
    g.set(mul(g, rdiv(add(sqrt(h), this.settings.epsilon), this.learningRate)));
  }

  #rmsProp(g) {
    const [c] = this.state;
    const { rms_decay: decay, epsilon } = this.settings;
    c.set(add(mul(c, decay), mul(mul(g, g), 1 - decay)));
    g.set(div(mul(g, this.learningRate), add(sqrt(c), epsilon)));
  }
}
