// Requests and replies, protocol version 1: what is asked of which session.
import { Dl4jException, Unsupported } from './exceptions.js';
import { MultiLayerUpdater } from './multi_layer_updater.js';
import { doubleFromHex, doubleToHex, fromHex, toHex } from './values.js';

const HELLO = {
  protocol: 1,
  implementation: { name: 'example-javascript', version: '1.0.0', language: 'JavaScript', homepage: '' },
  capabilities: {
    updaters: ['SGD', 'ADAM', 'ADADELTA', 'NESTEROVS', 'ADAGRAD', 'RMSPROP', 'NONE'],
    types: ['float32', 'float64'],
    state_out: true,
    state_in: true,
    learning_rates: true,
    set_learning_rate: true,
    set_params: true,
    unchained: true,
    clone: false,
    intermediates: false,
    subnormals: true,
  },
};

/** Open sessions by number; each is a network's updater. */
export class Adapter {
  #sessions = new Map();

  /** The reply to a request. An exception of DL4J's is a reply too, and the session goes on. */
  answer(request) {
    const { seq } = request;
    try {
      return { seq, reply: 'ok', ...this.#perform(request) };
    } catch (thrown) {
      if (thrown instanceof Dl4jException) {
        return { seq, reply: 'error', kind: thrown.kind, message: thrown.message };
      }
      if (thrown instanceof Unsupported) return { seq, reply: 'unsupported', reason: thrown.message };
      throw thrown;
    }
  }

  #perform(request) {
    const open = this.#sessions.get(request.session);
    switch (request.op) {
      case 'hello':
        return HELLO;
      case 'open':
        this.#sessions.set(request.session, openNetwork(request.network));
        return {};
      case 'update':
        return update(open, request);
      case 'state':
        return { state: stateOf(open) };
      case 'set_state':
        open.updater.setState(fromHex(request.state, open.dtype));
        return {};
      case 'set_params':
        for (const [key, values] of Object.entries(request.params)) open.weights.get(key).set(fromHex(values, open.dtype));
        return {};
      case 'set_learning_rate':
        open.updater.setLearningRate(request.key, doubleFromHex(request.learning_rate));
        return {};
      case 'close':
        this.#sessions.delete(request.session);
        return {};
      default:
        throw new Unsupported(`the operation ${request.op}`);
    }
  }
}

function openNetwork({ dtype, conf, layers, params, state }) {
  const weights = new Map(Object.entries(params).map(([key, values]) => [key, fromHex(values, dtype)]));
  // An absent state asks for initialisation; null is the null that Java's caller passes.
  const given = state == null ? state : fromHex(state, dtype);
  return { dtype, weights, updater: new MultiLayerUpdater({ dtype, conf, layers, weights, state: given }) };
}

function update({ dtype, updater }, { gradients, iteration, batch_size: batchSize }) {
  const arrays = new Map(gradients.map(({ key, values }) => [key, fromHex(values, dtype)]));
  updater.update(arrays, iteration, batchSize);
  return {
    updates: objectOf(arrays, toHex),
    state: stateOf({ updater }),
    learning_rates: objectOf(updater.learningRates(), doubleToHex),
    momentum: objectOf(updater.momentum(), doubleToHex),
  };
}

function stateOf({ updater }) {
  return updater.state === null ? null : toHex(updater.state);
}

/** Object.fromEntries, unlike assignment, has no special key. */
function objectOf(map, write) {
  return Object.fromEntries([...map].map(([key, value]) => [key, write(value)]));
}
