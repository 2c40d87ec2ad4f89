/* ARITH-6: Math.pow and Math.exp, to nearest. */
#ifndef JAVA_MATH_H
#define JAVA_MATH_H

double java_pow(double x, double y);
double java_exp(double x);

#endif
