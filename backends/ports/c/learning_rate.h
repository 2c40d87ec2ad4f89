/* LayerUpdater.applyLrDecayPolicy. */
#ifndef LEARNING_RATE_H
#define LEARNING_RATE_H

#include "configuration.h"

/* The rate that iteration t uses and leaves behind. The factor is absolute, so decay compounds (LR-2). */
double next_learning_rate(double rate, int t, const struct network_settings *net, const struct json *schedule);

#endif
