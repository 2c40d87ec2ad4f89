// LayerUpdater.applyLrDecayPolicy: the next learning rate from the current one.
import { exp, pow } from './java_math.js';

/** The rate that this iteration uses and leaves behind. The factor is absolute, so decay compounds (LR-2). */
export function nextLearningRate(rate, t, net, schedule) {
  const { decayRate: d, steps: s, power: p } = net;
  switch (net.policy) {
    case 'Exponential':
      return rate * pow(d, t);
    case 'Inverse':
      return rate / pow(1 + d * t, p);
    case 'Step':
      return rate * pow(d, Math.floor(t / s));
    case 'TorchStep':
      return t > 1 && s % t === 0 ? rate * d : rate; // LR-7: the remainder the other way round
    case 'Poly':
      return rate * pow(1 - t / net.numIterations, p); // LR-8: not the whole training's iterations
    case 'Sigmoid':
      return rate / (1 + exp(-d * (t - s)));
    case 'Schedule':
      return schedule.get(t) ?? rate;
    default:
      return rate; // LR-3: None and Score
  }
}
