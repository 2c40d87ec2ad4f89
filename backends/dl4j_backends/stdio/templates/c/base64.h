/* Base64: RFC 4648 with padding. */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <stdio.h>

/* The bytes that a text spells, and how many; NULL if it spells none. Free them. */
unsigned char *base64_read(const char *text, size_t *length);
void base64_write(FILE *out, const unsigned char *bytes, size_t length);

#endif
