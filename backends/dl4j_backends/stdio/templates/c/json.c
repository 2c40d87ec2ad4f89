#include "json.h"

#include <stdlib.h>
#include <string.h>

static struct json *value(const char **at);

static void skip_space(const char **at) {
    *at += strspn(*at, " \t\r\n");
}

static bool eat(const char **at, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0) return false;
    *at += length;
    return true;
}

static struct json *make(enum json_kind kind) {
    struct json *made = calloc(1, sizeof *made);
    if (!made) abort();
    made->kind = kind;
    return made;
}

/* Four hex digits; -1 if they are not there. */
static long hex4(const char **at) {
    long code = 0;
    for (int i = 0; i < 4; i++, ++*at) {
        const char *digits = "0123456789abcdef";
        const char *digit = **at ? strchr(digits, **at >= 'A' && **at <= 'F' ? **at + 32 : **at) : NULL;
        if (!digit) return -1;
        code = 16 * code + (digit - digits);
    }
    return code;
}

/* Append a code point in UTF-8. */
static char *append(char *out, long code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* A string literal; what it means is never longer than its text. */
static char *string(const char **at) {
    if (!eat(at, "\"")) return NULL;
    char *text = malloc(strlen(*at) + 1), *out = text;
    if (!text) abort();
    while (**at && **at != '"') {
        if (**at != '\\') {
            *out++ = *(*at)++;
            continue;
        }
        ++*at;
        const char *escapes = "bfnrt", *control = **at ? strchr(escapes, **at) : NULL;
        if (eat(at, "u")) {
            long code = hex4(at), low;
            if (code >= 0xd800 && code < 0xdc00) {
                low = eat(at, "\\u") ? hex4(at) : -1;
                code = low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            }
            if (code < 0) break;
            out = append(out, code);
        } else if (control) {
            *out++ = "\b\f\n\r\t"[control - escapes];
            ++*at;
        } else if (**at) {
            *out++ = *(*at)++;
        }
    }
    *out = '\0';
    if (eat(at, "\"")) return text;
    free(text);
    return NULL;
}

/* Members between commas, up to the closing bracket. */
static struct json *members(const char **at, enum json_kind kind, const char *end) {
    struct json *made = make(kind), **last = &made->first;
    skip_space(at);
    if (eat(at, end)) return made;
    do {
        char *key = NULL;
        skip_space(at);
        if (kind == JSON_OBJECT) {
            key = string(at);
            skip_space(at);
            if (!key || !eat(at, ":")) {
                free(key);
                json_free(made);
                return NULL;
            }
        }
        *last = value(at);
        if (!*last) {
            free(key);
            json_free(made);
            return NULL;
        }
        (*last)->key = key;
        last = &(*last)->next;
        skip_space(at);
    } while (eat(at, ","));
    if (eat(at, end)) return made;
    json_free(made);
    return NULL;
}

static struct json *value(const char **at) {
    struct json *made;
    skip_space(at);
    if (eat(at, "{")) return members(at, JSON_OBJECT, "}");
    if (eat(at, "[")) return members(at, JSON_ARRAY, "]");
    if (eat(at, "null")) return make(JSON_NULL);
    if (**at == '"') {
        char *text = string(at);
        if (!text) return NULL;
        made = make(JSON_STRING);
        made->text = text;
        return made;
    }
    bool yes = eat(at, "true");
    if (yes || eat(at, "false")) {
        made = make(JSON_BOOL);
        made->truth = yes;
        return made;
    }
    char *end;
    double number = strtod(*at, &end);
    if (end == *at) return NULL;
    *at = end;
    made = make(JSON_NUMBER);
    made->number = number;
    return made;
}

struct json *json_read(const char *line) {
    struct json *made = value(&line);
    skip_space(&line);
    if (made && !*line) return made;
    json_free(made);
    return NULL;
}

void json_free(struct json *freed) {
    while (freed) {
        struct json *next = freed->next;
        json_free(freed->first);
        free(freed->key);
        free(freed->text);
        free(freed);
        freed = next;
    }
}

const struct json *json_get(const struct json *object, const char *key) {
    const struct json *member = object ? object->first : NULL;
    while (member && (!member->key || strcmp(member->key, key) != 0)) member = member->next;
    return member;
}

const char *json_text(const struct json *object, const char *key, const char *otherwise) {
    const struct json *member = json_get(object, key);
    return member && member->kind == JSON_STRING ? member->text : otherwise;
}

bool json_truth(const struct json *object, const char *key, bool otherwise) {
    const struct json *member = json_get(object, key);
    return member && member->kind == JSON_BOOL ? member->truth : otherwise;
}

double json_number(const struct json *object, const char *key, double otherwise) {
    const struct json *member = json_get(object, key);
    if (member && member->kind == JSON_STRING) return strtod(member->text, NULL);
    return member && member->kind == JSON_NUMBER ? member->number : otherwise;
}

void json_write_text(FILE *out, const char *text) {
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putc('\\', out);
        if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            putc(*text, out);
    }
    putc('"', out);
}
