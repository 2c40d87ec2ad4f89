/* Settings as DL4J's build leaves them: inherited, defaulted and validated. */
#ifndef CONFIGURATION_H
#define CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "exception.h"
#include "json.h"

enum updater_kind { SGD, ADAM, ADADELTA, NESTEROVS, ADAGRAD, RMSPROP, NONE, CUSTOM };

enum learning_rate_policy {
    POLICY_NONE, EXPONENTIAL, INVERSE, POLY, SIGMOID, STEP, TORCH_STEP, SCHEDULE, SCORE
};

enum gradient_normalization {
    NORMALIZATION_NONE,
    RENORMALIZE_L2_PER_LAYER,
    RENORMALIZE_L2_PER_PARAM_TYPE,
    CLIP_ELEMENT_WISE_ABSOLUTE_VALUE,
    CLIP_L2_PER_LAYER,
    CLIP_L2_PER_PARAM_TYPE
};

/* What all layers share. */
struct network_settings {
    bool use_regularization, mini_batch;
    double num_iterations;
    enum learning_rate_policy policy;
    double decay_rate, power, steps;
};

struct parameter_settings {
    const char *name;
    size_t length;
    enum updater_kind updater;
    double learning_rate, l1, l2;
};

enum { MOST_PARAMETERS = 4 };

/* One layer. The doubles are NaN where they are unset. Schedules are JSON objects by iteration, or NULL. */
struct layer_settings {
    enum updater_kind updater;
    bool frozen, pretrain;
    enum gradient_normalization normalization;
    double threshold;
    double momentum, adam_mean_decay, adam_var_decay, rho, rms_decay, epsilon;
    const struct json *momentum_schedule, *learning_rate_schedule;
    size_t parameter_count;
    struct parameter_settings parameters[MOST_PARAMETERS];
};

/* Throws where the build does. */
bool read_network_settings(const struct json *conf, const struct json *layers, struct network_settings *settings,
                           struct exception *thrown);

struct layer_settings read_layer_settings(const struct json *layer, const struct json *conf);

/* The entry of exactly this iteration, else `otherwise`. */
double scheduled(const struct json *schedule, int iteration, double otherwise);

#endif
