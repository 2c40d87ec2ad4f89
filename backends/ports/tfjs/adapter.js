// TensorFlow.js' optimizers behind the protocol: each stands for a DL4J updater, with DL4J's settings and nothing more.
// One JSON request per line on stdin, one reply per line on stdout.
import readline from 'node:readline';

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import { layerSettings, networkSettings } from '../javascript/configuration.js';
import { Dl4jException, Unsupported } from '../javascript/exceptions.js';
import { fromHex, toHex } from '../javascript/values.js';

/** The optimizer for an updater, by DL4J's settings. Adagrad takes no epsilon, so it cannot be given DL4J's. */
const OPTIMIZERS = {
  SGD: (s, rate) => tf.train.sgd(rate),
  NONE: () => tf.train.sgd(1),
  NESTEROVS: (s, rate) => tf.train.momentum(rate, s.momentum, true),
  ADAM: (s, rate) => tf.train.adam(rate, s.adam_mean_decay, s.adam_var_decay, s.epsilon),
  ADADELTA: (s) => tf.train.adadelta(1, s.rho, s.epsilon),
  ADAGRAD: (s, rate) => tf.train.adagrad(rate),
  RMSPROP: (s, rate) => tf.train.rmsprop(rate, s.rms_decay, 0, s.epsilon),
};

const HELLO = {
  protocol: 1,
  implementation: { name: 'tfjs', version: tf.version_core, language: 'JavaScript', homepage: '' },
  capabilities: { updaters: Object.keys(OPTIMIZERS), types: ['float32'], unchained: true },
};

/** One parameter with an optimizer of its own. */
class Parameter {
  constructor(settings, { updater, learningRate, length }) {
    this.optimizer = OPTIMIZERS[updater](settings, learningRate);
    this.variable = tf.variable(tf.zeros([length]));
  }

  /** The update, without the division: what a parameter of 0 loses in a step. */
  update(gradient) {
    const { name, shape } = this.variable;
    if (gradient.length !== shape[0]) throw new Unsupported('a gradient of another length');
    return tf.tidy(() => {
      this.variable.assign(tf.zeros(shape));
      this.optimizer.applyGradients({ [name]: tf.tensor1d(gradient) });
      return tf.neg(this.variable).dataSync();
    });
  }

  dispose() {
    this.optimizer.dispose();
    this.variable.dispose();
  }
}

class Session {
  #parameters = new Map();
  #miniBatch;

  constructor({ conf, layers }) {
    const net = networkSettings(conf, layers.length);
    if (net.useRegularization) throw new Unsupported('regularization');
    if (net.policy !== 'None') throw new Unsupported('learning-rate policies');
    this.#miniBatch = net.miniBatch;
    layers.forEach((layer, index) => this.#add(layerSettings(layer, conf), index));
  }

  #add(settings, index) {
    const { frozen, pretrain, normalization, momentumSchedule, parameters } = settings;
    if (frozen || pretrain) throw new Unsupported('layers that are frozen or pretrained');
    if (normalization !== 'None') throw new Unsupported('gradient normalization');
    if (momentumSchedule.size > 0) throw new Unsupported('momentum schedules');
    for (const parameter of parameters) {
      if (parameter.name === 'vb' || !(parameter.updater in OPTIMIZERS)) throw new Unsupported('this parameter');
      this.#parameters.set(`${index}_${parameter.name}`, new Parameter(settings, parameter));
    }
  }

  /** The updates by key. */
  update(gradients, batchSize) {
    const updates = gradients.map(({ key, values }) => {
      const parameter = this.#parameters.get(key);
      if (!parameter) throw new Unsupported(`the key ${key}`);
      const update = parameter.update(fromHex(values, 'float32'));
      return [key, toHex(this.#miniBatch ? update.map((x) => x / batchSize) : update)];
    });
    return Object.fromEntries(updates);
  }

  close() {
    for (const parameter of this.#parameters.values()) parameter.dispose();
  }
}

const sessions = new Map();

/** The reply, without seq. What DL4J's build refuses is a reply too. */
function answer(request) {
  try {
    return perform(request);
  } catch (error) {
    if (error instanceof Dl4jException) return { reply: 'error', kind: error.kind, message: error.message };
    if (error instanceof Unsupported) return { reply: 'unsupported', reason: error.message };
    throw error;
  }
}

function perform({ op, session, network, gradients, batch_size: batchSize }) {
  switch (op) {
    case 'hello':
      return { reply: 'ok', ...HELLO };
    case 'open':
      sessions.set(session, new Session(network));
      return { reply: 'ok' };
    case 'update':
      return { reply: 'ok', updates: sessions.get(session).update(gradients, batchSize) };
    case 'close':
      sessions.get(session).close();
      sessions.delete(session);
      return { reply: 'ok' };
    default:
      throw new Unsupported(op);
  }
}

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => {
  const request = JSON.parse(line);
  process.stdout.write(JSON.stringify({ seq: request.seq, ...answer(request) }) + '\n');
});
