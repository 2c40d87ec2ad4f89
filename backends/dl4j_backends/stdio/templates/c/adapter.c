/* An adapter for dl4j-conformance that does SGD. Replace `update` by calls of your port.
 *
 * One JSON request per line on stdin, one reply per line on stdout; anything else goes to stderr. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "json.h"

#define HELLO                                                                                  \
    "\"reply\":\"ok\",\"protocol\":1,"                                                         \
    "\"implementation\":{\"name\":\"my-port\",\"version\":\"0.1\",\"language\":\"C\",\"homepage\":\"\"}," \
    "\"capabilities\":{\"updaters\":[\"SGD\"],\"types\":[\"float32\",\"float64\"],\"unchained\":true," \
    "\"arrays\":\"base64\"}"

/* An open session: the request that opened it is kept, since it describes the network. */
struct session {
    int number;
    struct json *request;
    const struct json *network;
    struct session *next;
};

static struct session *sessions;

static struct session **find(int number) {
    struct session **at = &sessions;
    while (*at && (*at)->number != number) at = &(*at)->next;
    return at;
}

/* A Java double that meets an array: NaN becomes 1e-5; rounding to the array's type follows. */
static double scalar(double x) {
    return isnan(x) ? 1e-5 : x;
}

/* The bits of a value of `size` bytes, which travel with the lowest byte first, whatever the machine's order is. */
static uint64_t bits_at(const unsigned char *bytes, size_t size) {
    uint64_t bits = 0;
    while (size--) bits = bits << 8 | bytes[size];
    return bits;
}

static void put_bits(unsigned char *bytes, size_t size, uint64_t bits) {
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(bits >> 8 * i);
}

/* The update of one parameter, in place on its gradient. */
static void update(const struct json *network, unsigned char *array, size_t length, double rate, double batch_size) {
    bool divide = json_truth(json_get(network, "conf"), "mini_batch", true);
    size_t size = strcmp(json_text(network, "dtype", ""), "float32") == 0 ? sizeof(float) : sizeof(double);
    for (unsigned char *at = array; at + size <= array + length; at += size) {
        uint64_t bits = bits_at(at, size);
        if (size == sizeof(float)) {
            uint32_t half = (uint32_t)bits;
            float g;
            memcpy(&g, &half, sizeof g);
            g *= (float)scalar(rate);
            if (divide) g /= (float)batch_size;
            memcpy(&half, &g, sizeof g);
            bits = half;
        } else {
            double g;
            memcpy(&g, &bits, sizeof g);
            g *= scalar(rate);
            if (divide) g /= batch_size;
            memcpy(&bits, &g, sizeof g);
        }
        put_bits(at, size, bits);
    }
}

/* The layer and the name ('W' or 'b') of a key such as 0_W; NULL for any other key. */
static const struct json *layer_of(const struct json *network, const char *key, char *name) {
    char again[32];
    unsigned number, index = 0;
    if (sscanf(key, "%9u_%c", &number, name) != 2 || (*name != 'W' && *name != 'b')) return NULL;
    snprintf(again, sizeof again, "%u_%c", number, *name);
    if (strcmp(again, key) != 0) return NULL;
    const struct json *layer = json_get(network, "layers")->first;
    while (layer && index++ < number) layer = layer->next;
    return layer;
}

/* Of the layer, else of the network, else 0.1; a bias may have its own. NaN in a layer means unset. */
static double learning_rate(const struct json *network, const struct json *layer, char name) {
    double rate = json_number(layer, "learning_rate", NAN);
    double bias_rate = json_number(layer, "bias_learning_rate", NAN);
    if (name == 'b' && !isnan(bias_rate)) return bias_rate;
    return isnan(rate) ? json_number(json_get(network, "conf"), "learning_rate", 0.1) : rate;
}

static const char *inherited(const struct json *layer, const struct json *conf, const char *name, const char *otherwise) {
    return json_text(layer, name, json_text(conf, name, otherwise));
}

/* Why a network needs more than this file has, or NULL. */
static const char *unsupported(const struct json *network) {
    const struct json *conf = json_get(network, "conf");
    if (json_truth(conf, "use_regularization", false)) return "penalties";
    for (const struct json *setting = conf->first; setting; setting = setting->next)
        if (strncmp(setting->key, "lr_policy", 9) == 0 || strcmp(setting->key, "learning_rate_schedule") == 0)
            return "learning-rate policies";
    for (const struct json *layer = json_get(network, "layers")->first; layer; layer = layer->next) {
        if (strcmp(inherited(layer, conf, "updater", "SGD"), "SGD") != 0) return "updaters other than SGD";
        if (strcmp(json_text(layer, "type", "dense"), "dense") != 0 || json_truth(layer, "frozen", false) ||
            json_truth(layer, "pretrain", false))
            return "layers other than dense ones";
        if (strcmp(inherited(layer, conf, "gradient_normalization", "None"), "None") != 0)
            return "gradient normalisation";
    }
    return NULL;
}

static void refuse(const char *reason) {
    printf("\"reply\":\"unsupported\",\"reason\":");
    json_write_text(stdout, reason);
}

static void answer_update(const struct json *request, const struct json *network) {
    const struct json *gradients = json_get(request, "gradients")->first;
    char name;
    for (const struct json *entry = gradients; entry; entry = entry->next)
        if (!layer_of(network, json_text(entry, "key", ""), &name)) {
            refuse("this gradient key");
            return;
        }
    printf("\"reply\":\"ok\",\"updates\":{");
    for (const struct json *entry = gradients; entry; entry = entry->next) {
        const char *key = json_text(entry, "key", "");
        const struct json *layer = layer_of(network, key, &name);
        double rate = learning_rate(network, layer, name);
        if (entry != gradients) putchar(',');
        json_write_text(stdout, key);
        size_t length;
        unsigned char *array = base64_read(json_text(json_get(entry, "values"), "base64", "?"), &length);
        if (!array) {
            fprintf(stderr, "no base64: %s\n", key);
            exit(1);
        }
        update(network, array, length, rate, json_number(request, "batch_size", 1));
        printf(":{\"base64\":\"");
        base64_write(stdout, array, length);
        printf("\"}");
        free(array);
    }
    putchar('}');
}

/* Print the reply's fields, without seq. True if the request is to be kept. */
static bool answer(struct json *request) {
    const char *op = json_text(request, "op", "");
    struct session **at = find((int)json_number(request, "session", 0));
    if (strcmp(op, "hello") == 0) {
        printf(HELLO);
    } else if (strcmp(op, "open") == 0) {
        const struct json *network = json_get(request, "network");
        const char *reason = unsupported(network);
        if (reason) {
            refuse(reason);
            return false;
        }
        struct session *opened = calloc(1, sizeof *opened);
        if (!opened) abort();
        *opened = (struct session){(int)json_number(request, "session", 0), request, network, sessions};
        sessions = opened;
        printf("\"reply\":\"ok\"");
        return true;
    } else if (strcmp(op, "update") == 0 && *at) {
        answer_update(request, (*at)->network);
    } else if (strcmp(op, "close") == 0 && *at) {
        struct session *closed = *at;
        *at = closed->next;
        json_free(closed->request);
        free(closed);
        printf("\"reply\":\"ok\"");
    } else {
        refuse("this request");
    }
    return false;
}

/* A line of any length without its newline, or NULL at the end. */
static char *read_line(void) {
    size_t room = 1 << 16, length = 0;
    char *line = malloc(room);
    while (line && fgets(line + length, (int)(room - length), stdin)) {
        length += strlen(line + length);
        if (length && line[length - 1] == '\n') {
            line[length - 1] = '\0';
            return line;
        }
        if (length + 1 == room) line = realloc(line, room *= 2);
    }
    free(line);
    return NULL;
}

int main(void) {
    for (char *line; (line = read_line()); free(line)) {
        struct json *request = json_read(line);
        if (!request) {
            fprintf(stderr, "no JSON: %s\n", line);
            return 1;
        }
        printf("{\"seq\":%.0f,", json_number(request, "seq", -1));
        if (!answer(request)) json_free(request);
        printf("}\n");
        fflush(stdout);
    }
    return 0;
}
