#include "nd4j.h"

#include <math.h>

static const double EPS_THRESHOLD = 1e-5;

double rounded(struct array like, double x) {
    return like.is_float32 ? (double)(float)x : x;
}

double scalar(struct array like, double x) {
    return rounded(like, isnan(x) ? EPS_THRESHOLD : x);
}

double operand(struct array like, double x) {
    return like.length == 1 ? scalar(like, x) : x;
}

double plus(struct array like, double x, double y) {
    return rounded(like, x + y);
}

double minus(struct array like, double x, double y) {
    return rounded(like, x - y);
}

double times(struct array like, double x, double y) {
    return rounded(like, x * y);
}

double over(struct array like, double x, double y) {
    return rounded(like, x / y);
}

double root(struct array like, double x) {
    return rounded(like, sqrt(x));
}

void multiply(struct array g, double factor) {
    double number = scalar(g, factor);
    for (size_t i = 0; i < g.length; i++) g.at[i] = times(g, g.at[i], number);
}

void divide(struct array g, double divisor) {
    double number = scalar(g, divisor);
    for (size_t i = 0; i < g.length; i++) g.at[i] = over(g, g.at[i], number);
}

static double square(struct array x, size_t i) {
    return times(x, x.at[i], x.at[i]);
}

/* Lanes 0 to 3 take every fourth element; what is left over is added at the end. */
static double sum_in_four_lanes(struct array x) {
    double lanes[4] = {square(x, 0), square(x, 1), square(x, 2), square(x, 3)};
    size_t i = 4;
    for (; i < x.length / 4 * 4; i++) lanes[i % 4] = plus(x, lanes[i % 4], square(x, i));
    double total = plus(x, plus(x, lanes[0], lanes[2]), plus(x, lanes[1], lanes[3]));
    for (; i < x.length; i++) total = plus(x, total, square(x, i));
    return total;
}

/* The even or the odd places; all but the last few are added by fours. For float64: nothing to round. */
static double lane(struct array x, size_t first) {
    size_t places = x.length / 2, i = 0;
    double total = 0;
    for (; i < (places - 1) / 4 * 4; i += 4)
        total += square(x, 2 * i + first) + square(x, 2 * i + 2 + first) + square(x, 2 * i + 4 + first) +
                 square(x, 2 * i + 6 + first);
    for (; i < places; i++) total += square(x, 2 * i + first);
    return total;
}

static double sum_in_two_lanes(struct array x) {
    double total = lane(x, 1) + lane(x, 0);
    return x.length % 2 ? total + square(x, x.length - 1) : total;
}

/* ARITH-5, of one thread: front to back, but in lanes for the lengths just below 32. */
static double sum_of_squares(struct array x) {
    if (x.is_float32 && x.length >= 23 && x.length < 32) return sum_in_four_lanes(x);
    if (!x.is_float32 && x.length >= 22 && x.length < 32) return sum_in_two_lanes(x);
    double total = 0;
    for (size_t i = 0; i < x.length; i++) total = plus(x, total, square(x, i));
    return total;
}

double norm2(struct array x) {
    return root(x, sum_of_squares(x));
}

double norm2_number(struct array x) {
    return x.length == 1 ? fabs(x.at[0]) : norm2(x);
}
