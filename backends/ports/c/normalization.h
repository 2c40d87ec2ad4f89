/* LayerUpdater.preApply: a layer's gradients, normalised or clipped in place before the updater. */
#ifndef NORMALIZATION_H
#define NORMALIZATION_H

#include "configuration.h"
#include "nd4j.h"

void normalize(enum gradient_normalization strategy, double threshold, struct array *gradients, size_t count);

#endif
