#include "values.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

size_t count_values(const struct json *values) {
    size_t count = 0;
    for (const struct json *entry = values ? values->first : NULL; entry; entry = entry->next) count++;
    return count;
}

static double read_float(const char *pattern) {
    uint32_t bits = (uint32_t)strtoul(pattern, NULL, 16);
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

double read_double(const char *pattern) {
    uint64_t bits = strtoull(pattern, NULL, 16);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void read_values(const struct json *values, struct array into) {
    size_t i = 0;
    for (const struct json *entry = values->first; entry; entry = entry->next)
        into.at[i++] = into.is_float32 ? read_float(entry->text) : read_double(entry->text);
}

struct array new_array(const struct json *values, bool is_float32) {
    size_t length = count_values(values);
    struct array made = {allocate(length, sizeof(double)), length, is_float32};
    if (length) read_values(values, made);
    return made;
}

static void write_float(FILE *out, double x) {
    float narrow = (float)x;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    fprintf(out, "\"%08" PRIx32 "\"", bits);
}

void write_double(FILE *out, double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    fprintf(out, "\"%016" PRIx64 "\"", bits);
}

void write_values(FILE *out, struct array values) {
    putc('[', out);
    for (size_t i = 0; i < values.length; i++) {
        if (i) putc(',', out);
        (values.is_float32 ? write_float : write_double)(out, values.at[i]);
    }
    putc(']', out);
}
