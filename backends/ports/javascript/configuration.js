// Settings as DL4J's build leaves them: inherited, defaulted and validated.
import { Dl4jException, Unsupported } from './exceptions.js';

/** CONF-2. rho has no default (ADADELTA-3). */
const UPDATER_DEFAULTS = {
  NESTEROVS: { momentum: 0.9 },
  ADAM: { adam_mean_decay: 0.9, adam_var_decay: 0.999, epsilon: 1e-8 },
  RMSPROP: { rms_decay: 0.95, epsilon: 1e-8 },
  ADAGRAD: { epsilon: 1e-6 },
  ADADELTA: { rho: NaN, epsilon: 1e-6 },
};

/** What all layers share. Throws where the build does. */
export function networkSettings(conf, layerCount) {
  const net = {
    useRegularization: conf.use_regularization ?? false,
    miniBatch: conf.mini_batch ?? true,
    numIterations: conf.num_iterations ?? 1,
    policy: conf.lr_policy ?? 'None',
    decayRate: double(conf.lr_policy_decay_rate),
    power: double(conf.lr_policy_power),
    steps: double(conf.lr_policy_steps),
  };
  // The check is made layer by layer.
  if (layerCount > 0) validatePolicy(net, conf.learning_rate_schedule != null);
  return net;
}

/** CONF-5, CONF-6, CONF-7. */
function validatePolicy({ policy, decayRate, power, steps }, hasSchedule) {
  const [hasDecayRate, hasPower, hasSteps] = [decayRate, power, steps].map((x) => !Number.isNaN(x));
  const isOneOf = (...policies) => policies.includes(policy);
  const excused = isOneOf('None') || (isOneOf('Schedule') && hasSchedule) || (isOneOf('Poly') && hasPower);
  const problems = [
    [!hasDecayRate && !excused, 'lrPolicyDecayRate must be set'],
    [isOneOf('Inverse', 'Poly') && !hasPower, 'lrPolicyPower must be set'],
    [isOneOf('Step', 'Sigmoid') && !hasSteps, 'lrPolicySteps must be set'],
    [isOneOf('Schedule') && !hasSchedule, 'learningRateSchedule must be set'],
    [hasPower && !isOneOf('Inverse', 'Poly'), 'lrPolicyPower is set but would not be applied'],
    [hasSteps && !isOneOf('Step', 'Sigmoid', 'TorchStep'), 'lrPolicySteps is set but would not be applied'],
    [hasSchedule && !isOneOf('Schedule'), 'learningRateSchedule is set but would not be applied'],
  ];
  const found = problems.find(([applies]) => applies);
  if (found) throw new Dl4jException('IllegalStateException', `learning rate policy ${policy}: ${found[1]}`);
}

/** CONF-1: a layer's own settings, else the network's, else DL4J's defaults. */
export function layerSettings(layer, conf) {
  const updater = layer.updater ?? conf.updater ?? 'SGD';
  const inherited = Object.entries(UPDATER_DEFAULTS[updater] ?? {}).map(([name, otherwise]) => [
    name,
    double(layer[name], double(conf[name], otherwise)),
  ]);
  return {
    momentum: double(layer.momentum), // what the inherited one replaces under NESTEROVS
    ...Object.fromEntries(inherited),
    updater,
    frozen: layer.frozen ?? false,
    pretrain: layer.pretrain ?? false,
    normalization: layer.gradient_normalization ?? conf.gradient_normalization ?? 'None',
    threshold: double(
      layer.gradient_normalization_threshold,
      initialized(conf.gradient_normalization_threshold, 1),
    ),
    momentumSchedule: schedule(layer.momentum_schedule ?? conf.momentum_schedule),
    learningRateSchedule: schedule(layer.learning_rate_schedule ?? conf.learning_rate_schedule),
    parameters: parameters(layer, conf, updater),
  };
}

/** LAYER-5: the parameters of a layer, in order. */
function parameters(layer, conf, updater) {
  const { n_in: nIn = 0, n_out: nOut = 0 } = layer;
  const learningRate = double(layer.learning_rate, initialized(conf.learning_rate, 0.1));
  const [l1, l2, l1Bias, l2Bias] = ['l1', 'l2', 'l1_bias', 'l2_bias'].map((name) =>
    double(layer[name], double(conf[name], 0)),
  );
  const weights = { updater, learningRate, l1, l2 };
  // CONF-4: the network's bias learning rate is never read.
  const bias = { updater, learningRate: double(layer.bias_learning_rate, learningRate), l1: l1Bias, l2: l2Bias };
  const scale = { updater, learningRate, l1: 0, l2: 0 };
  const statistic = { updater: 'NONE', learningRate: 0, l1: 0, l2: 0 };
  switch (layer.type ?? 'dense') {
    case 'activation':
      return [];
    case 'batch_normalization':
      return [
        { name: 'gamma', length: nOut, ...scale },
        { name: 'beta', length: nOut, ...scale },
        { name: 'mean', length: nOut, ...statistic },
        { name: 'var', length: nOut, ...statistic },
      ];
    case 'dense':
    case 'auto_encoder': {
      const dense = [
        { name: 'W', length: nIn * nOut, ...weights },
        { name: 'b', length: nOut, ...bias },
      ];
      return layer.type === 'auto_encoder' ? [...dense, { name: 'vb', length: nIn, ...bias }] : dense;
    }
    default:
      throw new Unsupported(`layers of type ${layer.type}`);
  }
}

/** Absent and NaN both mean unset. */
function double(value, otherwise = NaN) {
  const number = Number(value ?? NaN);
  return Number.isNaN(number) ? otherwise : number;
}

/** A field of the network's builder that starts with a value: there a NaN that is set stays. */
const initialized = (value, initial) => Number(value ?? initial);

/** By iteration. */
const schedule = (entries) => new Map(Object.entries(entries ?? {}).map(([t, value]) => [Number(t), Number(value)]));
