#include "normalization.h"

#include <math.h>

/* NORM-8: squares, sum and root in double. */
static double layer_norm(struct array *gradients, size_t count, double (*norm)(struct array)) {
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        double own = norm(gradients[i]);
        total += own * own;
    }
    return sqrt(total);
}

/* NORM-4: two passes; under a negative threshold the second undoes the first. */
static void clip_elements(struct array g, double threshold) {
    double upper = rounded(g, threshold), lower = rounded(g, -threshold);
    for (size_t i = 0; i < g.length; i++)
        if (g.at[i] > upper) g.at[i] = upper;
    for (size_t i = 0; i < g.length; i++)
        if (g.at[i] < lower) g.at[i] = lower;
}

void normalize(enum gradient_normalization strategy, double threshold, struct array *gradients, size_t count) {
    double norm;
    switch (strategy) {
        case NORMALIZATION_NONE:
            break;
        case RENORMALIZE_L2_PER_LAYER: /* NORM-2: no guard; NORM-7: a NaN norm divides by 1e-5 */
            norm = layer_norm(gradients, count, norm2_number);
            for (size_t i = 0; i < count; i++) divide(gradients[i], norm);
            break;
        case RENORMALIZE_L2_PER_PARAM_TYPE: /* NORM-3 */
            for (size_t i = 0; i < count; i++) divide(gradients[i], norm2(gradients[i]));
            break;
        case CLIP_ELEMENT_WISE_ABSOLUTE_VALUE:
            for (size_t i = 0; i < count; i++) clip_elements(gradients[i], threshold);
            break;
        case CLIP_L2_PER_LAYER: /* NORM-5: times t/n */
            norm = layer_norm(gradients, count, norm2);
            for (size_t i = 0; i < count && norm > threshold; i++) multiply(gradients[i], threshold / norm);
            break;
        case CLIP_L2_PER_PARAM_TYPE: /* NORM-6: divided by n/t, another rounding */
            for (size_t i = 0; i < count; i++) {
                norm = norm2_number(gradients[i]);
                if (norm > threshold) divide(gradients[i], norm / threshold);
            }
    }
}
