/* What DL4J throws. A function that can throw returns false after it has filled in the exception. */
#ifndef EXCEPTION_H
#define EXCEPTION_H

#include <stdbool.h>

struct exception {
    const char *kind;    /* the simple name of the Java class; NULL for what this port does not do */
    const char *message;
};

/* Always false: `return throw_new(...)`. */
static inline bool throw_new(struct exception *thrown, const char *kind, const char *message) {
    *thrown = (struct exception){kind, message};
    return false;
}

#endif
