#include "base64.h"

#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of each digit plus one; 0 for what is no digit. */
static const unsigned char *values(void) {
    static unsigned char table[256];
    if (!table['A'])
        for (unsigned char i = 0; i < 64; i++) table[(unsigned char)digits[i]] = i + 1;
    return table;
}

unsigned char *base64_read(const char *text, size_t *length) {
    const unsigned char *value = values();
    size_t size = strlen(text), padding = 0;
    if (size % 4) return NULL;
    while (padding < 2 && size && text[size - 1 - padding] == '=') padding++;
    unsigned char *bytes = malloc(size / 4 * 3 + 1), *out = bytes;
    if (!bytes) abort();
    for (size_t at = 0; at < size; at += 4) {
        unsigned long bits = 0;
        for (size_t i = 0; i < 4; i++) {
            unsigned char digit = value[(unsigned char)text[at + i]];
            if (!digit && at + i < size - padding) {
                free(bytes);
                return NULL;
            }
            bits = bits << 6 | (digit ? digit - 1u : 0u);
        }
        *out++ = (unsigned char)(bits >> 16);
        *out++ = (unsigned char)(bits >> 8);
        *out++ = (unsigned char)bits;
    }
    *length = size / 4 * 3 - padding;
    return bytes;
}

void base64_write(FILE *out, const unsigned char *bytes, size_t length) {
    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        unsigned long bits = (unsigned long)bytes[at] << 16;
        if (left > 1) bits |= (unsigned long)bytes[at + 1] << 8;
        if (left > 2) bits |= bytes[at + 2];
        putc(digits[bits >> 18], out);
        putc(digits[bits >> 12 & 63], out);
        putc(left > 1 ? digits[bits >> 6 & 63] : '=', out);
        putc(left > 2 ? digits[bits & 63] : '=', out);
    }
}
