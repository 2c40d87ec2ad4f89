/* LayerUpdater: one layer's update, parameter by parameter. */
#ifndef LAYER_UPDATER_H
#define LAYER_UPDATER_H

#include "configuration.h"
#include "exception.h"
#include "nd4j.h"
#include "updaters.h"

struct parameter {
    struct updater updater;
    double learning_rate; /* the configuration's, which a policy decays */
    struct array weights;
};

struct layer {
    struct layer_settings settings;
    double momentum; /* the configuration's, which a schedule overwrites */
    struct parameter parameters[MOST_PARAMETERS]; /* as settings.parameters */
};

/* One layer's gradients by parameter name, in DL4J's order. */
struct gradients {
    size_t count;
    const char **names;
    struct array *arrays;
};

/* LAYER-1, in place. */
bool update_layer(struct layer *layer, const struct network_settings *net, struct gradients gradients, int iteration,
                  int batch_size, struct exception *thrown);

/* The place of a parameter in its layer; -1 if the layer does not have it. */
int find_parameter(const struct layer *layer, const char *name);

#endif
