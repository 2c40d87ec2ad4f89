/* Memory that is there or ends the process. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdlib.h>

/* `count` zeroed elements; also for a count of 0 a pointer that can be freed. */
static inline void *allocate(size_t count, size_t size) {
    void *made = calloc(count ? count : 1, size);
    if (!made) abort();
    return made;
}

#endif
