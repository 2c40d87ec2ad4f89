/* The port as a process: one JSON request per line on stdin, one reply per line on stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "memory.h"
#include "multi_layer_updater.h"
#include "values.h"

static const char HELLO[] =
    "\"reply\":\"ok\",\"protocol\":1,"
    "\"implementation\":{\"name\":\"example-c\",\"version\":\"1.0.0\",\"language\":\"C\",\"homepage\":\"\"},"
    "\"capabilities\":{\"updaters\":[\"SGD\",\"ADAM\",\"ADADELTA\",\"NESTEROVS\",\"ADAGRAD\",\"RMSPROP\",\"NONE\"],"
    "\"types\":[\"float32\",\"float64\"],\"state_out\":true,\"state_in\":true,\"learning_rates\":true,"
    "\"set_learning_rate\":true,\"unchained\":true,\"clone\":false,\"intermediates\":false,\"subnormals\":true}";

/* An open session. The request that opened it is kept: the updater's schedules lie in it. */
struct session {
    int number;
    struct json *request;
    struct multi_layer_updater *updater;
    struct session *next;
};

static struct session *sessions;

static struct session **find_session(int number) {
    struct session **at = &sessions;
    while (*at && (*at)->number != number) at = &(*at)->next;
    return at;
}

static void write_state(const struct multi_layer_updater *updater) {
    printf("\"state\":");
    if (updater->state.length)
        write_values(stdout, updater->state);
    else
        printf("null");
}

static void write_rates(const struct multi_layer_updater *updater) {
    const char *comma = "";
    printf("\"learning_rates\":{");
    for (size_t i = 0; i < updater->layer_count; i++) {
        const struct layer *layer = &updater->layers[i];
        for (size_t j = 0; j < layer->settings.parameter_count; j++, comma = ",") {
            printf("%s\"%zu_%s\":", comma, i, layer->settings.parameters[j].name);
            write_double(stdout, layer->parameters[j].learning_rate);
        }
    }
    printf("},\"momentum\":{");
    for (size_t i = 0; i < updater->layer_count; i++) {
        printf("%s\"%zu\":", i ? "," : "", i);
        write_double(stdout, updater->layers[i].momentum);
    }
    putchar('}');
}

/* The reply to an operation that ended well and returns nothing, or to one that did not. */
static void write_end(bool done, struct exception thrown) {
    if (done) {
        printf("\"reply\":\"ok\"");
    } else if (thrown.kind) {
        printf("\"reply\":\"error\",\"kind\":\"%s\",\"message\":\"%s\"", thrown.kind, thrown.message);
    } else {
        printf("\"reply\":\"unsupported\",\"reason\":\"%s\"", thrown.message);
    }
}

static void answer_update(struct multi_layer_updater *updater, const struct json *request) {
    const struct json *entries = json_get(request, "gradients");
    size_t count = count_values(entries), i = 0;
    const char **keys = allocate(count, sizeof *keys);
    struct array *gradients = allocate(count, sizeof *gradients);
    for (const struct json *entry = entries->first; entry; entry = entry->next, i++) {
        keys[i] = json_text(entry, "key", "");
        gradients[i] = new_array(json_get(entry, "values"), updater->state.is_float32);
    }
    int iteration = (int)json_number(request, "iteration", 0), batch_size = (int)json_number(request, "batch_size", 1);
    struct exception thrown = {0};
    bool done = update(updater, count, keys, gradients, iteration, batch_size, &thrown);
    write_end(done, thrown);
    if (done) {
        printf(",\"updates\":{");
        for (i = 0; i < count; i++) {
            if (i) putchar(',');
            json_write_text(stdout, keys[i]);
            putchar(':');
            write_values(stdout, gradients[i]);
        }
        printf("},");
        write_state(updater);
        putchar(',');
        write_rates(updater);
    }
    for (i = 0; i < count; i++) free(gradients[i].at);
    free(gradients);
    free(keys);
}

/* True if the session is open now and keeps the request. */
static bool open_session(struct json *request) {
    struct exception thrown = {0};
    struct multi_layer_updater *updater = new_updater(json_get(request, "network"), &thrown);
    write_end(updater != NULL, thrown);
    if (!updater) return false;
    struct session *opened = allocate(1, sizeof *opened);
    *opened = (struct session){(int)json_number(request, "session", 0), request, updater, sessions};
    sessions = opened;
    return true;
}

static void close_session(struct session **at) {
    struct session *closed = *at;
    *at = closed->next;
    free_updater(closed->updater);
    json_free(closed->request);
    free(closed);
}

/* Write the reply's fields, without seq. True if the request is kept. */
static bool answer(struct json *request) {
    const char *op = json_text(request, "op", "");
    struct session **at = find_session((int)json_number(request, "session", 0));
    struct exception thrown = {NULL, "this request"};
    if (strcmp(op, "hello") == 0) {
        printf("%s", HELLO);
    } else if (strcmp(op, "open") == 0) {
        return open_session(request);
    } else if (!*at) {
        write_end(false, thrown);
    } else if (strcmp(op, "update") == 0) {
        answer_update((*at)->updater, request);
    } else if (strcmp(op, "state") == 0) {
        printf("\"reply\":\"ok\",");
        write_state((*at)->updater);
    } else if (strcmp(op, "set_state") == 0) {
        write_end(set_state((*at)->updater, json_get(request, "state"), &thrown), thrown);
    } else if (strcmp(op, "set_learning_rate") == 0) {
        double learning_rate = read_double(json_text(request, "learning_rate", ""));
        write_end(set_learning_rate((*at)->updater, json_text(request, "key", ""), learning_rate, &thrown), thrown);
    } else if (strcmp(op, "close") == 0) {
        close_session(at);
        write_end(true, thrown);
    } else {
        write_end(false, thrown);
    }
    return false;
}

/* A line of any length without its newline, or NULL at the end. */
static char *read_line(void) {
    size_t room = 1 << 16, length = 0;
    char *line = allocate(room, 1);
    while (fgets(line + length, (int)(room - length), stdin)) {
        length += strlen(line + length);
        if (length && line[length - 1] == '\n') {
            line[length - 1] = '\0';
            return line;
        }
        if (length + 1 < room) continue;
        line = realloc(line, room *= 2);
        if (!line) abort();
    }
    free(line);
    return NULL;
}

int main(void) {
    for (char *line; (line = read_line()); free(line)) {
        struct json *request = json_read(line);
        if (!request) {
            fprintf(stderr, "no JSON: %s\n", line);
            free(line);
            return 1;
        }
        printf("{\"seq\":%.0f,", json_number(request, "seq", -1));
        if (!answer(request)) json_free(request);
        printf("}\n");
        fflush(stdout);
    }
    while (sessions) close_session(&sessions);
    return 0;
}
