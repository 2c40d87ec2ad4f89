#include "learning_rate.h"

#include <math.h>

#include "java_math.h"

double next_learning_rate(double rate, int t, const struct network_settings *net, const struct json *schedule) {
    double d = net->decay_rate, s = net->steps, p = net->power;
    switch (net->policy) {
        case EXPONENTIAL:
            return rate * java_pow(d, t);
        case INVERSE:
            return rate / java_pow(1 + d * t, p);
        case STEP:
            return rate * java_pow(d, floor(t / s));
        case TORCH_STEP: /* LR-7: the remainder the other way round */
            return t > 1 && fmod(s, t) == 0 ? rate * d : rate;
        case POLY: /* LR-8: not the whole training's iterations */
            return rate * java_pow(1 - t / net->num_iterations, p);
        case SIGMOID:
            return rate / (1 + java_exp(-d * (t - s)));
        case SCHEDULE:
            return scheduled(schedule, t, rate);
        default: /* LR-3: None and Score */
            return rate;
    }
}
