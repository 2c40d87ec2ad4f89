/* ND4J's arrays: elements, operands, norms. */
#ifndef ND4J_H
#define ND4J_H

#include <stdbool.h>
#include <stddef.h>

/* Elements are held as doubles, also those of a float32 array, which are then rounded after every operation: for
 * + - * / and the root that gives what float arithmetic gives. Copies of this struct share the elements. */
struct array {
    double *at;
    size_t length;
    bool is_float32;
};

/* A result of one operation, in the array's type (ARITH-1). */
double rounded(struct array like, double x);

/* A Java double that meets an array: NaN becomes 1e-5 (ARITH-2), the rest is rounded once (ARITH-4). */
double scalar(struct array like, double x);

/* An element as the right side of an operation: in an array of one element it counts as a scalar (ARITH-3). */
double operand(struct array like, double x);

double plus(struct array like, double x, double y);
double minus(struct array like, double x, double y);
double times(struct array like, double x, double y);
double over(struct array like, double x, double y);
double root(struct array like, double x);

/* g.muli(factor), g.divi(divisor). */
void multiply(struct array g, double factor);
void divide(struct array g, double divisor);

/* NORM-10: the operation Norm2, which squares even a single element. */
double norm2(struct array x);
/* NORM-9: norm2Number(), which does not. */
double norm2_number(struct array x);

#endif
