#include "multi_layer_updater.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "values.h"

/* STATE-1, STATE-3: layer by layer, parameter by parameter, array by array. STATE-8: CUSTOM is refused. */
static bool state_length(const struct multi_layer_updater *updater, size_t *length, struct exception *thrown) {
    *length = 0;
    for (size_t i = 0; i < updater->layer_count; i++) {
        const struct layer_settings *settings = &updater->layers[i].settings;
        for (size_t j = 0; j < settings->parameter_count; j++) {
            if (settings->parameters[j].updater == CUSTOM)
                return throw_new(thrown, "UnsupportedOperationException", "Not implemented: CUSTOM");
            *length += settings->parameters[j].length * state_arrays(settings->parameters[j].updater);
        }
    }
    return true;
}

static struct array weights_of(const struct json *network, size_t layer, const char *name, bool is_float32) {
    char key[32];
    snprintf(key, sizeof key, "%zu_%s", layer, name);
    return new_array(json_get(json_get(network, "params"), key), is_float32);
}

static void build_layer(struct layer *layer, size_t index, const struct json *network, struct array rest) {
    const struct layer_settings *settings = &layer->settings;
    layer->momentum = settings->momentum;
    for (size_t i = 0; i < settings->parameter_count; i++) {
        const struct parameter_settings *own = &settings->parameters[i];
        struct parameter *parameter = &layer->parameters[i];
        parameter->learning_rate = own->learning_rate;
        parameter->weights = weights_of(network, index, own->name, rest.is_float32);
        parameter->updater = (struct updater){
            .kind = own->updater, .learning_rate = own->learning_rate, .momentum = layer->momentum};
        for (size_t n = 0; n < state_arrays(own->updater); n++) {
            parameter->updater.state[n] = (struct array){rest.at, own->length, rest.is_float32};
            rest.at += own->length;
        }
        initialize_state(&parameter->updater, settings);
    }
}

/* How many elements of the state a layer has. */
static size_t layer_state_length(const struct layer_settings *settings) {
    size_t length = 0;
    for (size_t i = 0; i < settings->parameter_count; i++)
        length += settings->parameters[i].length * state_arrays(settings->parameters[i].updater);
    return length;
}

/* STATE-6: a state that is given to the constructor, or Java's null. */
static bool construct_with(struct multi_layer_updater *updater, const struct json *state, struct exception *thrown) {
    if (count_values(state) != updater->state.length)
        return throw_new(thrown, "IllegalStateException", "Expected updater state of another size");
    read_values(state, updater->state);
    return true;
}

static bool construct(struct multi_layer_updater *updater, const struct json *network, struct exception *thrown) {
    const struct json *conf = json_get(network, "conf"), *layers = json_get(network, "layers");
    if (!read_network_settings(conf, layers, &updater->net, thrown)) return false;
    updater->layer_count = count_values(layers);
    updater->layers = allocate(updater->layer_count, sizeof *updater->layers);
    size_t index = 0, length;
    for (const struct json *layer = layers->first; layer; layer = layer->next)
        updater->layers[index++].settings = read_layer_settings(layer, conf);
    if (!state_length(updater, &length, thrown)) return false;
    bool is_float32 = strcmp(json_text(network, "dtype", ""), "float32") == 0;
    updater->state = (struct array){allocate(length, sizeof(double)), length, is_float32};
    struct array rest = updater->state;
    for (index = 0; index < updater->layer_count; index++) {
        build_layer(&updater->layers[index], index, network, rest);
        rest.at += layer_state_length(&updater->layers[index].settings);
    }
    const struct json *state = json_get(network, "state");
    return !state || construct_with(updater, state, thrown);
}

struct multi_layer_updater *new_updater(const struct json *network, struct exception *thrown) {
    struct multi_layer_updater *updater = allocate(1, sizeof *updater);
    if (construct(updater, network, thrown)) return updater;
    free_updater(updater);
    return NULL;
}

void free_updater(struct multi_layer_updater *updater) {
    for (size_t i = 0; updater->layers && i < updater->layer_count; i++)
        for (size_t j = 0; j < MOST_PARAMETERS; j++) {
            free(updater->layers[i].parameters[j].weights.at);
            free(updater->layers[i].parameters[j].updater.velocity);
        }
    free(updater->layers);
    free(updater->state.at);
    free(updater);
}

bool set_state(struct multi_layer_updater *updater, const struct json *values, struct exception *thrown) {
    if (!updater->state.length) return throw_new(thrown, "NullPointerException", "there is no updater state");
    return construct_with(updater, values, thrown);
}

/* The digits 0 of all scripts in one UTF-16 unit; the others of a script follow each. */
static const uint32_t ZEROS[] = {0x0030, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6,
                                 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0,
                                 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
                                 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10};

/* The value of the digit at `*at`, UTF-8 of at most three bytes, and the place after it; -1 if it is none. */
static int parse_digit(const char *text, size_t length, size_t *at) {
    unsigned char first = (unsigned char)text[*at];
    size_t more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : 2;
    if (first >= 0xf0 || length - *at <= more) return -1;
    uint32_t code = more == 0 ? first : first & (more == 1 ? 0x1f : 0x0f);
    for (size_t i = 1; i <= more; i++) code = code << 6 | ((unsigned char)text[*at + i] & 0x3f);
    *at += more + 1;
    for (size_t i = 0; i < sizeof ZEROS / sizeof *ZEROS; i++)
        if (code >= ZEROS[i] && code < ZEROS[i] + 10) return (int)(code - ZEROS[i]);
    return -1;
}

/* Java's Integer.parseInt of the first `length` bytes: digits after at most one sign (KEY-3). */
static bool parse_int(const char *text, size_t length, long *value) {
    bool is_negative = *text == '-';
    size_t at = is_negative || *text == '+';
    if (at >= length) return false;
    int64_t magnitude = 0;
    while (at < length) {
        int digit = parse_digit(text, length, &at);
        if (digit < 0) return false;
        magnitude = 10 * magnitude + digit;
        if (magnitude > INT64_C(1) << 31) return false;
    }
    *value = (long)(is_negative ? -magnitude : magnitude);
    return is_negative || magnitude < INT64_C(1) << 31;
}

/* KEY-1 to KEY-4: layer and parameter name. */
static bool split_key(const struct multi_layer_updater *updater, const char *key, size_t *layer, const char **name,
                      struct exception *thrown) {
    const char *underscore = strchr(key, '_');
    if (!underscore)
        return throw_new(thrown, "IllegalStateException",
                         "Invalid key: MuliLayerNetwork Gradient key does not have layer separator");
    long index;
    if (!parse_int(key, (size_t)(underscore - key), &index))
        return throw_new(thrown, "NumberFormatException", "the layer is no int");
    if (index < 0 || (size_t)index >= updater->layer_count)
        return throw_new(thrown, "ArrayIndexOutOfBoundsException", "no such layer");
    *layer = (size_t)index;
    *name = underscore + 1;
    return true;
}

bool set_learning_rate(struct multi_layer_updater *updater, const char *key, double learning_rate,
                       struct exception *thrown) {
    size_t layer;
    const char *name;
    if (!split_key(updater, key, &layer, &name, thrown)) return false;
    int at = find_parameter(&updater->layers[layer], name);
    if (at < 0) return throw_new(thrown, NULL, "the learning rate of a parameter that the layer does not have");
    updater->layers[layer].parameters[at].learning_rate = learning_rate;
    return true;
}

/* A Java map keeps a key's first place and its last value: 0_W and 00_W are one key. */
static void put(struct gradients *map, const char *name, struct array gradient) {
    size_t at = 0;
    while (at < map->count && strcmp(map->names[at], name) != 0) at++;
    map->names[at] = name;
    map->arrays[at] = gradient;
    if (at == map->count) map->count++;
}

bool update(struct multi_layer_updater *updater, size_t count, const char *const *keys, struct array *gradients,
            int iteration, int batch_size, struct exception *thrown) {
    size_t *layers = allocate(count, sizeof *layers);
    const char **names = allocate(count, sizeof *names);
    struct gradients own = {0, allocate(count, sizeof *own.names), allocate(count, sizeof *own.arrays)};
    bool done = true;
    /* MLU-1: all keys before any layer, so that a malformed one changes nothing. */
    for (size_t i = 0; done && i < count; i++) done = split_key(updater, keys[i], &layers[i], &names[i], thrown);
    for (size_t layer = 0; done && layer < updater->layer_count; layer++) {
        own.count = 0;
        for (size_t i = 0; i < count; i++)
            if (layers[i] == layer) put(&own, names[i], gradients[i]);
        done = update_layer(&updater->layers[layer], &updater->net, own, iteration, batch_size, thrown);
    }
    free(layers);
    free(names);
    free(own.names);
    free(own.arrays);
    return done;
}
