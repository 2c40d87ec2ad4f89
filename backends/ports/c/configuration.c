#include "configuration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const UPDATERS[] = {"SGD",     "ADAM",    "ADADELTA", "NESTEROVS",
                                       "ADAGRAD", "RMSPROP", "NONE",     "CUSTOM"};

static const char *const POLICIES[] = {"None", "Exponential", "Inverse",  "Poly", "Sigmoid",
                                       "Step", "TorchStep",   "Schedule", "Score"};

static const char *const NORMALIZATIONS[] = {
    "None",           "RenormalizeL2PerLayer", "RenormalizeL2PerParamType", "ClipElementWiseAbsoluteValue",
    "ClipL2PerLayer", "ClipL2PerParamType"};

/* The place of a name in a table that has it. */
static int place(const char *name, const char *const *table) {
    int at = 0;
    while (strcmp(table[at], name) != 0) at++;
    return at;
}

static bool is_set(const struct json *settings, const char *name) {
    const struct json *value = json_get(settings, name);
    return value && value->kind != JSON_NULL;
}

static const struct json *either(const struct json *layer, const struct json *conf, const char *name) {
    const struct json *settings = is_set(layer, name) ? layer : conf;
    return is_set(settings, name) ? json_get(settings, name) : NULL;
}

static const char *either_text(const struct json *layer, const struct json *conf, const char *name,
                               const char *otherwise) {
    return json_text(layer, name, json_text(conf, name, otherwise));
}

/* Absent and NaN both mean unset. */
static double set_or(const struct json *settings, const char *name, double otherwise) {
    double value = json_number(settings, name, NAN);
    return isnan(value) ? otherwise : value;
}

/* CONF-1: a layer's own, else the network's, else a default. */
static double inherited(const struct json *layer, const struct json *conf, const char *name, double otherwise) {
    return set_or(layer, name, set_or(conf, name, otherwise));
}

/* CONF-5, CONF-6, CONF-7: what is wrong, or NULL. */
static const char *policy_problem(const struct network_settings *net, bool has_schedule) {
    enum learning_rate_policy policy = net->policy;
    bool has_power = !isnan(net->power), has_steps = !isnan(net->steps);
    bool takes_power = policy == INVERSE || policy == POLY, needs_steps = policy == STEP || policy == SIGMOID;
    bool excused = policy == POLICY_NONE || (policy == SCHEDULE && has_schedule) || (policy == POLY && has_power);
    if (isnan(net->decay_rate) && !excused) return "lrPolicyDecayRate must be set to use this policy";
    if (takes_power && !has_power) return "lrPolicyPower must be set to use this policy";
    if (needs_steps && !has_steps) return "lrPolicySteps must be set to use this policy";
    if (policy == SCHEDULE && !has_schedule) return "learningRateSchedule must be set to use this policy";
    if (has_power && !takes_power) return "lrPolicyPower is set but would not be applied";
    if (has_steps && !needs_steps && policy != TORCH_STEP) return "lrPolicySteps is set but would not be applied";
    if (has_schedule && policy != SCHEDULE) return "learningRateSchedule is set but would not be applied";
    return NULL;
}

static bool is_layer_type_supported(const struct json *layer) {
    static const char *const SUPPORTED[] = {"dense", "auto_encoder", "batch_normalization", "activation"};
    const char *type = json_text(layer, "type", "dense");
    for (size_t i = 0; i < sizeof SUPPORTED / sizeof *SUPPORTED; i++)
        if (strcmp(type, SUPPORTED[i]) == 0) return true;
    return false;
}

bool read_network_settings(const struct json *conf, const struct json *layers, struct network_settings *settings,
                           struct exception *thrown) {
    *settings = (struct network_settings){
        .use_regularization = json_truth(conf, "use_regularization", false),
        .mini_batch = json_truth(conf, "mini_batch", true),
        .num_iterations = json_number(conf, "num_iterations", 1),
        .policy = (enum learning_rate_policy)place(json_text(conf, "lr_policy", "None"), POLICIES),
        .decay_rate = json_number(conf, "lr_policy_decay_rate", NAN),
        .power = json_number(conf, "lr_policy_power", NAN),
        .steps = json_number(conf, "lr_policy_steps", NAN),
    };
    const char *problem = policy_problem(settings, is_set(conf, "learning_rate_schedule"));
    /* The check is made layer by layer. */
    if (problem && layers->first) return throw_new(thrown, "IllegalStateException", problem);
    for (const struct json *layer = layers->first; layer; layer = layer->next)
        if (!is_layer_type_supported(layer)) return throw_new(thrown, NULL, "layers of another type");
    return true;
}

/* CONF-2; rho has no default (ADADELTA-3). */
static void read_updater_settings(const struct json *layer, const struct json *conf, struct layer_settings *own) {
    own->adam_mean_decay = own->adam_var_decay = own->rho = own->rms_decay = own->epsilon = NAN;
    own->momentum = set_or(layer, "momentum", NAN);
    switch (own->updater) {
        case NESTEROVS:
            own->momentum = inherited(layer, conf, "momentum", 0.9);
            break;
        case ADAM:
            own->adam_mean_decay = inherited(layer, conf, "adam_mean_decay", 0.9);
            own->adam_var_decay = inherited(layer, conf, "adam_var_decay", 0.999);
            own->epsilon = inherited(layer, conf, "epsilon", 1e-8);
            break;
        case RMSPROP:
            own->rms_decay = inherited(layer, conf, "rms_decay", 0.95);
            own->epsilon = inherited(layer, conf, "epsilon", 1e-8);
            break;
        case ADADELTA:
            own->rho = inherited(layer, conf, "rho", NAN);
            own->epsilon = inherited(layer, conf, "epsilon", 1e-6);
            break;
        case ADAGRAD:
            own->epsilon = inherited(layer, conf, "epsilon", 1e-6);
            break;
        default:
            break;
    }
}

static void append(struct layer_settings *own, const char *name, size_t length, struct parameter_settings like) {
    like.name = name;
    like.length = length;
    own->parameters[own->parameter_count++] = like;
}

/* LAYER-5: the parameters of a layer, in order. */
static void read_parameters(const struct json *layer, const struct json *conf, struct layer_settings *own) {
    size_t n_in = (size_t)json_number(layer, "n_in", 0), n_out = (size_t)json_number(layer, "n_out", 0);
    /* A field of the network's builder that starts with a value keeps a NaN that is set. */
    double rate = set_or(layer, "learning_rate", json_number(conf, "learning_rate", 0.1));
    struct parameter_settings weights = {
        .updater = own->updater,
        .learning_rate = rate,
        .l1 = inherited(layer, conf, "l1", 0),
        .l2 = inherited(layer, conf, "l2", 0),
    };
    struct parameter_settings bias = {
        .updater = own->updater,
        .learning_rate = set_or(layer, "bias_learning_rate", rate), /* CONF-4: the network's is never read */
        .l1 = inherited(layer, conf, "l1_bias", 0),
        .l2 = inherited(layer, conf, "l2_bias", 0),
    };
    struct parameter_settings scale = {.updater = own->updater, .learning_rate = rate};
    struct parameter_settings statistic = {.updater = NONE};
    const char *type = json_text(layer, "type", "dense");
    if (strcmp(type, "activation") == 0) return;
    if (strcmp(type, "batch_normalization") == 0) {
        append(own, "gamma", n_out, scale);
        append(own, "beta", n_out, scale);
        append(own, "mean", n_out, statistic);
        append(own, "var", n_out, statistic);
        return;
    }
    append(own, "W", n_in * n_out, weights);
    append(own, "b", n_out, bias);
    if (strcmp(type, "auto_encoder") == 0) append(own, "vb", n_in, bias);
}

struct layer_settings read_layer_settings(const struct json *layer, const struct json *conf) {
    struct layer_settings own = {
        .updater = (enum updater_kind)place(either_text(layer, conf, "updater", "SGD"), UPDATERS),
        .frozen = json_truth(layer, "frozen", false),
        .pretrain = json_truth(layer, "pretrain", false),
        .normalization = (enum gradient_normalization)place(
            either_text(layer, conf, "gradient_normalization", "None"), NORMALIZATIONS),
        .threshold = set_or(layer, "gradient_normalization_threshold",
                            json_number(conf, "gradient_normalization_threshold", 1)),
        .momentum_schedule = either(layer, conf, "momentum_schedule"),
        .learning_rate_schedule = either(layer, conf, "learning_rate_schedule"),
    };
    read_updater_settings(layer, conf, &own);
    read_parameters(layer, conf, &own);
    return own;
}

double scheduled(const struct json *schedule, int iteration, double otherwise) {
    if (!schedule) return otherwise;
    for (const struct json *entry = schedule->first; entry; entry = entry->next)
        if (strtol(entry->key, NULL, 10) == iteration) return json_number(schedule, entry->key, NAN);
    return otherwise;
}
