#include "fast_math.h"

/* A factor, and the same as a sum of two doubles. */
struct split {
    double value, high, low;
};

/* The upper half of the digits, which can be squared without rounding (Veltkamp). */
static double upper_half(double x) {
    double scaled = 134217729.0 * x; /* 2^27 + 1 */
    return scaled - (scaled - x);
}

/* x times a factor, and what rounding it leaves (Dekker). */
static double product(double x, struct split factor, double *error) {
    double high = upper_half(x), low = x - high, value = x * factor.value;
    *error = low * factor.low - (value - high * factor.high - low * factor.high - high * factor.low);
    return value;
}

double fast_math_pow(double base, int64_t exponent) {
    if (exponent == 0) return 1;
    if (exponent < 0) {
        base = 1 / base;
        exponent = -exponent;
    }
    struct split square = {base, upper_half(base), 0};
    square.low = base - square.high;
    double result = 1, tail = 0, error;
    for (;; exponent >>= 1) {
        if (exponent & 1) {
            double next = product(result, square, &error);
            tail = tail * square.value + error;
            result = next;
        }
        if (exponent == 1) return result + tail;
        double next = product(square.high, square, &error);
        double left = square.low * square.value + error;
        square.high = upper_half(next);
        square.low = left + (next - square.high);
        square.value = square.high + square.low;
    }
}
