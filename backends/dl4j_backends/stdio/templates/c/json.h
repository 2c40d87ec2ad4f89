/* JSON: reading requests, writing the strings of replies. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdio.h>

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value. Members of arrays and objects are linked by `next`; `key` is theirs in an object. */
struct json {
    enum json_kind kind;
    char *key;
    char *text;   /* of a string, UTF-8 */
    double number;
    bool truth;
    struct json *first;
    struct json *next;
};

/* The value that a line spells, or NULL. Free it with json_free. */
struct json *json_read(const char *line);
void json_free(struct json *value);

/* A member of an object, or NULL. */
const struct json *json_get(const struct json *object, const char *key);

/* With a default for what is absent. */
const char *json_text(const struct json *object, const char *key, const char *otherwise);
bool json_truth(const struct json *object, const char *key, bool otherwise);
/* A number, also one that JSON spells as a string: "NaN", "Infinity", "-Infinity". */
double json_number(const struct json *object, const char *key, double otherwise);

/* A string literal. */
void json_write_text(FILE *out, const char *text);

#endif
