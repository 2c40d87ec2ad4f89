// LayerUpdater.preApply: a layer's gradients, normalised or clipped in place before the updater.
import { div, mul, norm2, norm2Number, scalar } from './nd4j.js';

/** `strategy` is a name of the enum GradientNormalization; `gradients` are all of one layer. */
export function normalize(strategy, threshold, gradients) {
  switch (strategy) {
    case 'RenormalizeL2PerLayer': {
      const norm = layerNorm(gradients.map(norm2Number));
      for (const g of gradients) g.set(div(g, norm)); // NORM-2: no guard; NORM-7: NaN divides by 1e-5
      break;
    }
    case 'RenormalizeL2PerParamType':
      for (const g of gradients) g.set(div(g, norm2(g))); // NORM-3
      break;
    case 'ClipElementWiseAbsoluteValue':
      for (const g of gradients) clipElements(g, threshold);
      break;
    case 'ClipL2PerLayer': {
      const norm = layerNorm(gradients.map(norm2));
      if (norm > threshold) for (const g of gradients) g.set(mul(g, threshold / norm)); // NORM-5: times t/n
      break;
    }
    case 'ClipL2PerParamType':
      for (const g of gradients) {
        const norm = norm2Number(g);
        if (norm > threshold) g.set(div(g, norm / threshold)); // NORM-6: by n/t, another rounding
      }
  }
}

/** NORM-8: squares, sum and root in double. */
function layerNorm(norms) {
  return Math.sqrt(norms.reduce((total, norm) => total + norm * norm, 0));
}

/** NORM-4: two passes; under a negative threshold the second undoes the first. */
function clipElements(g, threshold) {
  const round = (t) => (Number.isNaN(t) ? t : scalar(t, g));
  const [upper, lower] = [round(threshold), round(-threshold)];
  g.forEach((x, i) => x > upper && (g[i] = upper));
  g.forEach((x, i) => x < lower && (g[i] = lower));
}
