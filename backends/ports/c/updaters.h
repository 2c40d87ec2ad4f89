/* The gradient updaters, in place on a gradient and on views of the state. */
#ifndef UPDATERS_H
#define UPDATERS_H

#include "configuration.h"
#include "nd4j.h"

/* One parameter's updater: `learning_rate` and `momentum` are pushed into it. */
struct updater {
    enum updater_kind kind;
    struct array state[2]; /* views of the network's state */
    double learning_rate, momentum;
    double *velocity; /* of Nesterovs from its first step on; NULL before */
};

/* STATE-2: how many arrays of the parameter's length an updater (not CUSTOM) keeps in the state view. */
size_t state_arrays(enum updater_kind kind);

/* STATE-4, STATE-5. */
void initialize_state(struct updater *updater, const struct layer_settings *settings);

/* LAYER-6: g becomes the update of iteration t. */
void apply_updater(struct updater *updater, const struct layer_settings *settings, struct array g, int t);

#endif
