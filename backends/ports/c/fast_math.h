/* ADAM-4: FastMath.pow(double, int) of commons-math3 3.4.1, which Adam's step size goes through. */
#ifndef FAST_MATH_H
#define FAST_MATH_H

#include <stdint.h>

/* Square and multiply on unevaluated sums of two doubles; not always correctly rounded, so no other power has its
 * bits. */
double fast_math_pow(double base, int64_t exponent);

#endif
