/* Every call of plus, minus, times, over and root is one array operation of DL4J's and rounds once; `operand` stands
 * where an array is the right side of an operation, `scalar` where a Java double is. */
#include "updaters.h"

#include <math.h>
#include <stdint.h>

#include "fast_math.h"
#include "memory.h"

size_t state_arrays(enum updater_kind kind) {
    switch (kind) {
        case ADAM:
        case ADADELTA:
            return 2;
        case NESTEROVS:
        case ADAGRAD:
        case RMSPROP:
            return 1;
        default:
            return 0;
    }
}

void initialize_state(struct updater *updater, const struct layer_settings *settings) {
    bool at_epsilon = updater->kind == ADAGRAD || updater->kind == RMSPROP;
    for (size_t n = 0; n < state_arrays(updater->kind); n++) {
        struct array view = updater->state[n];
        for (size_t i = 0; i < view.length; i++) view.at[i] = at_epsilon ? rounded(view, settings->epsilon) : 0;
    }
}

/* average * decay + increment */
static double decayed(struct array g, double average, double decay, double increment) {
    return plus(g, times(g, average, scalar(g, decay)), operand(g, increment));
}

/* average * decay + (x * x) * (1 - decay) */
static double decayed_square(struct array g, double average, double decay, double x) {
    double square = times(g, x, operand(g, x));
    return decayed(g, average, decay, times(g, square, scalar(g, 1 - decay)));
}

static void adam(struct updater *updater, const struct layer_settings *settings, struct array g, int iteration) {
    double *m = updater->state[0].at, *v = updater->state[1].at;
    double beta1 = settings->adam_mean_decay, beta2 = settings->adam_var_decay, epsilon = settings->epsilon;
    /* ADAM-3: both corrections in the step size, with t + 1 (in 64 bits; where Java's wraps, it never returns). */
    int64_t t = (int64_t)iteration + 1;
    double alpha = updater->learning_rate * sqrt(1 - fast_math_pow(beta2, t)) / (1 - fast_math_pow(beta1, t));
    if (alpha == 0 || isnan(alpha)) alpha = epsilon; /* ADAM-5 */
    for (size_t i = 0; i < g.length; i++) {
        m[i] = decayed(g, m[i], beta1, times(g, g.at[i], scalar(g, 1 - beta1)));
        v[i] = decayed_square(g, v[i], beta2, g.at[i]);
        double divisor = plus(g, root(g, v[i]), scalar(g, epsilon));
        g.at[i] = over(g, times(g, m[i], scalar(g, alpha)), operand(g, divisor));
    }
}

static void ada_delta(struct updater *updater, const struct layer_settings *settings, struct array g) {
    double *msg = updater->state[0].at, *msdx = updater->state[1].at;
    double rho = settings->rho, epsilon = scalar(g, settings->epsilon);
    for (size_t i = 0; i < g.length; i++) {
        msg[i] = decayed_square(g, msg[i], rho, g.at[i]);
        /* ADADELTA-1: the ratio of the roots first; then the second average is fed with the update. */
        double upper = root(g, plus(g, msdx[i], epsilon)), lower = root(g, plus(g, msg[i], epsilon));
        double ratio = over(g, upper, operand(g, lower));
        g.at[i] = times(g, g.at[i], operand(g, ratio));
        msdx[i] = decayed_square(g, msdx[i], rho, g.at[i]);
    }
}

/* NESTEROVS-2: the velocity leaves the view at the first step, and the view keeps that step's update. */
static void nesterovs(struct updater *updater, struct array g) {
    double *view = updater->state[0].at;
    bool is_first = updater->velocity == NULL;
    if (is_first) updater->velocity = allocate(g.length, sizeof *updater->velocity);
    double mu = updater->momentum, rate = updater->learning_rate;
    for (size_t i = 0; i < g.length; i++) {
        double previous = times(g, is_first ? view[i] : updater->velocity[i], scalar(g, mu));
        double velocity = minus(g, previous, operand(g, times(g, g.at[i], scalar(g, rate))));
        g.at[i] = plus(g, previous, operand(g, times(g, velocity, scalar(g, -mu - 1))));
        updater->velocity[i] = velocity;
        if (is_first) view[i] = g.at[i];
    }
}

static void ada_grad(struct updater *updater, const struct layer_settings *settings, struct array g) {
    double *h = updater->state[0].at, rate = scalar(g, updater->learning_rate);
    for (size_t i = 0; i < g.length; i++) {
        h[i] = plus(g, h[i], operand(g, times(g, g.at[i], operand(g, g.at[i]))));
        /* ADAGRAD-1: the quotient first. */
        double quotient = over(g, rate, plus(g, root(g, h[i]), scalar(g, settings->epsilon)));
        g.at[i] = times(g, g.at[i], operand(g, quotient));
    }
}

static void rms_prop(struct updater *updater, const struct layer_settings *settings, struct array g) {
    double *c = updater->state[0].at, rate = scalar(g, updater->learning_rate);
    for (size_t i = 0; i < g.length; i++) {
        c[i] = decayed_square(g, c[i], settings->rms_decay, g.at[i]);
        /* RMSPROP-1: the product first. */
        double divisor = plus(g, root(g, c[i]), scalar(g, settings->epsilon));
        g.at[i] = over(g, times(g, g.at[i], rate), operand(g, divisor));
    }
}

void apply_updater(struct updater *updater, const struct layer_settings *settings, struct array g, int t) {
    switch (updater->kind) {
        case SGD:
            multiply(g, updater->learning_rate);
            break;
        case ADAM:
            adam(updater, settings, g, t);
            break;
        case ADADELTA:
            ada_delta(updater, settings, g);
            break;
        case NESTEROVS:
            nesterovs(updater, g);
            break;
        case ADAGRAD:
            ada_grad(updater, settings, g);
            break;
        case RMSPROP:
            rms_prop(updater, settings, g);
            break;
        case NONE:
        case CUSTOM:
            break;
    }
}
