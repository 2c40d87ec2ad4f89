#include "layer_updater.h"

#include <string.h>

#include "learning_rate.h"
#include "normalization.h"

int find_parameter(const struct layer *layer, const char *name) {
    for (size_t i = 0; i < layer->settings.parameter_count; i++)
        if (strcmp(layer->settings.parameters[i].name, name) == 0) return (int)i;
    return -1;
}

/* A gradient that is not as long as its parameter. */
static bool check_lengths(const struct layer *layer, struct gradients gradients, struct exception *thrown) {
    for (size_t i = 0; i < gradients.count; i++) {
        int at = find_parameter(layer, gradients.names[i]);
        if (at >= 0 && gradients.arrays[i].length != layer->settings.parameters[at].length)
            return throw_new(thrown, NULL, "a gradient that is not as long as its parameter");
    }
    return true;
}

/* LR-1 and MOM-2: stored, pushed into the parameter's updater, used at once. */
static void push_rates(struct layer *layer, struct parameter *parameter, const struct network_settings *net,
                       int iteration) {
    const struct layer_settings *settings = &layer->settings;
    parameter->learning_rate =
        next_learning_rate(parameter->learning_rate, iteration, net, settings->learning_rate_schedule);
    parameter->updater.learning_rate = parameter->learning_rate;
    if (settings->updater == NESTEROVS) {
        layer->momentum = scheduled(settings->momentum_schedule, iteration, layer->momentum); /* MOM-1 */
        parameter->updater.momentum = layer->momentum;
    }
}

/* POST-2 and POST-3. */
static void penalize(const struct parameter_settings *settings, struct array weights, struct array g) {
    for (size_t i = 0; settings->l2 > 0 && i < g.length; i++)
        g.at[i] = plus(g, g.at[i], operand(g, times(g, weights.at[i], scalar(g, settings->l2))));
    for (size_t i = 0; settings->l1 > 0 && i < g.length; i++) {
        double sign = weights.at[i] > 0 ? 1 : weights.at[i] < 0 ? -1 : 0; /* also of NaN */
        g.at[i] = plus(g, g.at[i], operand(g, times(g, sign, scalar(g, settings->l1))));
    }
}

/* KEY-6: a parameter that the layer does not have fails only where its learning rate or a coefficient is read. */
static bool update_unknown(const struct layer *layer, const struct network_settings *net, struct array g,
                           int batch_size, struct exception *thrown) {
    enum updater_kind updater = layer->settings.updater;
    bool reads_rate = net->policy != POLICY_NONE || (updater != NONE && updater != ADADELTA);
    if (reads_rate) return throw_new(thrown, "NullPointerException", "no such parameter");
    if (updater == ADADELTA)
        return throw_new(thrown, "IllegalStateException", "Updater has not been initialized with view state");
    if (net->use_regularization) return throw_new(thrown, "NullPointerException", "no such parameter");
    if (net->mini_batch) divide(g, batch_size);
    return true;
}

static bool update_parameter(struct layer *layer, const struct network_settings *net, const char *name,
                             struct array g, int iteration, int batch_size, struct exception *thrown) {
    int at = find_parameter(layer, name);
    if (at < 0) return update_unknown(layer, net, g, batch_size, thrown);
    struct parameter *parameter = &layer->parameters[at];
    if (net->policy != POLICY_NONE || layer->settings.updater == NESTEROVS) /* LAYER-4 */
        push_rates(layer, parameter, net, iteration);
    apply_updater(&parameter->updater, &layer->settings, g, iteration);
    /* POST-1: after the updater. */
    if (net->use_regularization) penalize(&layer->settings.parameters[at], parameter->weights, g);
    if (net->mini_batch) divide(g, batch_size);
    return true;
}

/* KEY-5: Java's name.split("_") leaves nothing of a name of underscores alone. */
static bool is_only_underscores(const char *name) {
    return *name && name[strspn(name, "_")] == '\0';
}

/* The name before the first underscore is vb. */
static bool is_visible_bias(const char *name) {
    return strcspn(name, "_") == 2 && strncmp(name, "vb", 2) == 0;
}

bool update_layer(struct layer *layer, const struct network_settings *net, struct gradients gradients, int iteration,
                  int batch_size, struct exception *thrown) {
    const struct layer_settings *settings = &layer->settings;
    if (!check_lengths(layer, gradients, thrown)) return false;
    if (settings->frozen) return true; /* LAYER-2 */
    if (!settings->pretrain)           /* NORM-12 */
        normalize(settings->normalization, settings->threshold, gradients.arrays, gradients.count);
    for (size_t i = 0; i < gradients.count; i++) {
        const char *name = gradients.names[i];
        if (!settings->pretrain && is_only_underscores(name))
            return throw_new(thrown, "ArrayIndexOutOfBoundsException", "0");
        if (!settings->pretrain && is_visible_bias(name)) continue; /* LAYER-3 */
        if (!update_parameter(layer, net, name, gradients.arrays[i], iteration, batch_size, thrown)) return false;
    }
    return true;
}
