/* MultiLayerUpdater: gradients to layers by key, one state view over all layers. */
#ifndef MULTI_LAYER_UPDATER_H
#define MULTI_LAYER_UPDATER_H

#include "layer_updater.h"

struct multi_layer_updater {
    struct network_settings net;
    size_t layer_count;
    struct layer *layers;
    struct array state; /* of length 0 where there is none */
};

/* A network as `open` describes it, which must outlive the updater; NULL if it throws. Free it with free_updater. */
struct multi_layer_updater *new_updater(const struct json *network, struct exception *thrown);
void free_updater(struct multi_layer_updater *updater);

/* In place: every array becomes the update of its key. */
bool update(struct multi_layer_updater *updater, size_t count, const char *const *keys, struct array *gradients,
            int iteration, int batch_size, struct exception *thrown);

/* STATE-7: copied into the view. */
bool set_state(struct multi_layer_updater *updater, const struct json *values, struct exception *thrown);

/* Changes the configuration; an updater notices when a policy pushes the rate (LAYER-4). */
bool set_learning_rate(struct multi_layer_updater *updater, const char *key, double learning_rate,
                       struct exception *thrown);

#endif
