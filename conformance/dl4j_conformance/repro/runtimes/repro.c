// {{about}}

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = {{digits}} };

typedef struct {
    int length;
    {{real}} *at;
} values;

static int differ = 0;

static double quotient(double x, double y) { return x / y; }

static double root(double x) { return sqrt(x); }

/* A program like this one gives nothing back before it ends. */
static values fresh(int length) {
    values x = {length, malloc((length + 1) * sizeof *x.at)};
    if (!x.at) exit(2);
    return x;
}

static {{real}} value(const char *digits) {
    char text[DIGITS + 1] = {0};
    memcpy(text, digits, DIGITS);
    uint{{size}}_t bits = strtoull(text, NULL, 16);
    {{real}} x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t pattern({{real}} x) {
    uint{{size}}_t bits;
    if (isnan(x)) return DIGITS == 8 ? 0x7fc00000u : 0x7ff8000000000000u;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static values array(const char *bits) {
    values x = fresh((strlen(bits) + 1) / (DIGITS + 1));
    for (int i = 0; i < x.length; i++) x.at[i] = value(bits + i * (DIGITS + 1));
    return x;
}

static values full(int length, double s) {
    values x = fresh(length);
    for (int i = 0; i < length; i++) x.at[i] = ({{real}})s;
    return x;
}

static values part(values x, int start, int stop) {
    values y = fresh(stop - start);
    memcpy(y.at, x.at + start, y.length * sizeof *y.at);
    return y;
}

static values join(values x, values y) {
    values z = fresh(x.length + y.length);
    memcpy(z.at, x.at, x.length * sizeof *x.at);
    memcpy(z.at + x.length, y.at, y.length * sizeof *y.at);
    return z;
}

static double item(values x) { return x.at[0]; }

static values add(values x, values y) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = x.at[i] + y.at[i];
    return z;
}

static values subtract(values x, values y) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = x.at[i] - y.at[i];
    return z;
}

static values multiply(values x, values y) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = x.at[i] * y.at[i];
    return z;
}

static values divide(values x, values y) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = x.at[i] / y.at[i];
    return z;
}

static values add_scalar(values x, double s) { return add(x, full(x.length, s)); }

static values subtract_scalar(values x, double s) { return subtract(x, full(x.length, s)); }

static values multiply_scalar(values x, double s) { return multiply(x, full(x.length, s)); }

static values divide_scalar(values x, double s) { return divide(x, full(x.length, s)); }

static values scalar_divided_by(values x, double s) { return divide(full(x.length, s), x); }

static values roots(values x) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = ({{real}})sqrt(x.at[i]);
    return z;
}

static values signs(values x) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = (x.at[i] > 0) - (x.at[i] < 0);
    return z;
}

static values clip_above(values x, double s) {
    values z = part(x, 0, x.length);
    for (int i = 0; i < z.length; i++) if (z.at[i] > ({{real}})s) z.at[i] = ({{real}})s;
    return z;
}

static values clip_below(values x, double s) {
    values z = part(x, 0, x.length);
    for (int i = 0; i < z.length; i++) if (z.at[i] < ({{real}})s) z.at[i] = ({{real}})s;
    return z;
}

static values magnitudes(values x) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = ({{real}})fabs(x.at[i]);
    return z;
}

static values larger(values x, values y) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = x.at[i] > y.at[i] ? x.at[i] : y.at[i];
    return z;
}

static values add_in_double(values x, double s) {
    values z = fresh(x.length);
    for (int i = 0; i < z.length; i++) z.at[i] = ({{real}})((double)x.at[i] + s);
    return z;
}

static double absolute(values x) { return fabs(x.at[0]); }

static {{real}} in_order({{real}} start, values squares) {
    for (int i = 0; i < squares.length; i++) start += squares.at[i];
    return start;
}

/* The squares, summed from the first to the last. */
static double norm2_in_order(values x) {
    values squares = multiply(x, x);
    return ({{real}})sqrt(in_order(squares.at[0], part(squares, 1, squares.length)));
}

static values vector(values x, int number, int lanes) { return part(x, number * lanes, (number + 1) * lanes); }

static {{real}} total(values squares, int offset) {
    int n = squares.length, lanes = DIGITS == 8 ? 4 : 2, next = 0;
    if (n < (lanes == 4 ? 23 : 22) || n >= 32) return in_order(squares.at[0], part(squares, 1, n));
    int start = (lanes - offset % lanes) % lanes, vectors = (n - start) / lanes, end = start + vectors * lanes;
    values sums = full(lanes, 0), aligned = part(squares, start, end);
    if (lanes == 2) {
        for (; next < 4 * ((vectors - 1) / 4); next += 4) {
            values a = vector(aligned, next, 2), b = vector(aligned, next + 1, 2);
            values c = vector(aligned, next + 2, 2), d = vector(aligned, next + 3, 2);
            sums = add(sums, add(add(add(a, b), c), d));
        }
    }
    for (; next < vectors; next++) sums = add(sums, vector(aligned, next, lanes));
    const {{real}} *s = sums.at;
    {{real}} sum_of_lanes = lanes == 4 ? (s[0] + s[2]) + (s[1] + s[lanes - 1]) : s[1] + s[0];
    return in_order(in_order(0, part(squares, 0, start)) + sum_of_lanes, part(squares, end, n));
}

/* The squares, summed as ND4J's native code does in one thread; offset is where x begins in a longer array. */
static double norm2_of_view(values x, int offset) { return ({{real}})sqrt(total(multiply(x, x), offset)); }

static double norm2(values x) { return norm2_of_view(x, 0); }

static void dl4j_throws(const char *what) { puts(what); }

static void show(const char *what, values x, const char *expected) {
    char *bits = calloc(x.length + 1, DIGITS + 1), *end = bits;
    if (!bits) exit(2);
    for (int i = 0; i < x.length; i++) end += sprintf(end, i ? " %0*" PRIx64 : "%0*" PRIx64, DIGITS, pattern(x.at[i]));
    differ += strcmp(bits, expected) != 0;
    printf(*bits ? "%s %s\n" : "%s\n", what, bits);
}

int main(void) {
{{statements}}
    if (differ) printf("%d arrays differ from what DL4J computes\n", differ);
    else puts("as expected");
    return differ != 0;
}
