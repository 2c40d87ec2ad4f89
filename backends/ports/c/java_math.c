/* libm's pow and exp are good to about 0.52 ulp, not to nearest. Here both are computed in double-double arithmetic, to
 * about 95 bits, and rounded once: an argument for which that is not enough is not known, but nobody has proved that
 * there is none (chances are 1 in 2^40 a call). */
#include "java_math.h"

#include <math.h>

/* The sum of two doubles, of which `low` is at most half an ulp of `high`. */
struct pair {
    double high, low;
};

static const struct pair LN2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};

/* x + y for |x| >= |y|, exactly. */
static struct pair quick_sum(double x, double y) {
    double high = x + y;
    return (struct pair){high, y - (high - x)};
}

/* x + y, exactly. */
static struct pair sum(double x, double y) {
    double high = x + y, of_y = high - x;
    return (struct pair){high, (x - (high - of_y)) + (y - of_y)};
}

/* x * y, exactly. */
static struct pair product(double x, double y) {
    double high = x * y;
    return (struct pair){high, fma(x, y, -high)};
}

static struct pair add(struct pair x, struct pair y) {
    struct pair highs = sum(x.high, y.high), lows = sum(x.low, y.low);
    highs = quick_sum(highs.high, highs.low + lows.high);
    return quick_sum(highs.high, highs.low + lows.low);
}

static struct pair mul(struct pair x, struct pair y) {
    struct pair highs = product(x.high, y.high);
    return quick_sum(highs.high, highs.low + (x.high * y.low + x.low * y.high));
}

static struct pair div_pair(struct pair x, struct pair y) {
    double first = x.high / y.high;
    struct pair rest = add(x, mul((struct pair){-first, 0}, y));
    double second = rest.high / y.high;
    rest = add(rest, mul((struct pair){-second, 0}, y));
    struct pair quotient = quick_sum(first, second);
    return add(quotient, (struct pair){rest.high / y.high, 0});
}

/* The natural logarithm of m near 1: 2 artanh((m - 1) / (m + 1)). */
static struct pair logarithm(double m) {
    struct pair z = div_pair(sum(m, -1), sum(m, 1)), square = mul(z, z), total = {0, 0};
    for (int n = 47; n >= 1; n -= 2) {
        total = mul(total, square);
        total = add(total, div_pair((struct pair){1, 0}, (struct pair){n, 0}));
    }
    total = mul(total, z);
    return (struct pair){2 * total.high, 2 * total.low};
}

/* x * 2^twos as a double, to nearest, ties to even. */
static double nearest(struct pair x, int twos) {
    /* A result exactly between two doubles has few digits: dropping what is below 2^-90 restores them. */
    double round = 0x1.8p52 * 0x1p-90;
    x = sum(x.high, x.low + round - round);
    if (twos > -1000) return ldexp(x.high, twos);
    /* Subnormal, perhaps: round to a whole number of the smallest doubles. */
    double high = ldexp(x.high, twos + 1074), low = ldexp(x.low, twos + 1074), whole = rint(high);
    if (high - whole == 0.5 && low > 0) whole += 1;
    if (high - whole == -0.5 && low < 0) whole -= 1;
    return ldexp(whole, -1074);
}

/* e^x * 2^twos for small x. */
static double exponential(struct pair x, int twos) {
    struct pair total = {1, 0};
    for (int n = 30; n >= 1; n--) {
        total = mul(total, div_pair(x, (struct pair){n, 0}));
        total = add(total, (struct pair){1, 0});
    }
    return nearest(total, twos);
}

double java_exp(double x) {
    if (x == 0 || !(fabs(x) < 750)) return exp(x); /* exact, or out of range */
    double twos = rint(x / LN2.high);
    struct pair taken = mul((struct pair){-twos, 0}, LN2);
    return exponential(add((struct pair){x, 0}, taken), (int)twos);
}

double java_pow(double x, double y) {
    if (y == 0) return 1;
    if (isnan(y) || (isinf(y) && fabs(x) == 1)) return NAN; /* C has 1 for the latter, and for 1 to the NaN */
    if (x == 0 || !isfinite(x) || !isfinite(y)) return pow(x, y);
    if (x < 0) {
        if (y != floor(y)) return NAN;
        return fmod(y, 2) == 0 ? java_pow(-x, y) : -java_pow(-x, y);
    }
    double estimate = y * log2(x);
    if (fabs(estimate) > 1100) return estimate > 0 ? INFINITY : 0;
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        exponent--;
    }
    /* log2(x^y) in two parts: y * exponent is exact, and whole wherever the result is. */
    struct pair twos = product(y, exponent);
    struct pair rest = mul((struct pair){y, 0}, logarithm(m));
    double whole = rint(twos.high + rest.high / LN2.high);
    struct pair left = add(sum(twos.high, -whole), (struct pair){twos.low, 0});
    return exponential(add(mul(left, LN2), rest), (int)whole);
}
