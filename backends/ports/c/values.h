/* Arrays and doubles as they travel: big-endian bit patterns in hex. */
#ifndef VALUES_H
#define VALUES_H

#include <stdio.h>

#include "json.h"
#include "nd4j.h"

/* The number of values of a JSON array, 0 for NULL. */
size_t count_values(const struct json *values);

/* Into an array of that length. */
void read_values(const struct json *values, struct array into);

/* A new array; free its elements. */
struct array new_array(const struct json *values, bool is_float32);

void write_values(FILE *out, struct array values);

double read_double(const char *pattern);
void write_double(FILE *out, double x);

#endif
