// Reference of adam, as in Keras: w -= w * decay * lr; m += (g - m) * (1 - beta_1);
// v += (g^2 - v) * (1 - beta_2); w -= lr * correction * m / (sqrt(v) + epsilon).
#include "reference/adam.h"
#include "reference/clip.h"
#include "abi/adam.h"
#include "abi/step.h"

#include <stddef.h>

void reference_adam_forward(const struct reference_call *call)
{
    const struct adam_push *push = call->push;
    const double rate = (double)call->step->learning_rate * push->rate_factor;
    const double alpha = rate * call->step->bias_correction;
    const double scale = gradient_scale(call, push->clip_norm, push->is_scaled);
    float *w = call->weight[0], *m = call->saved, *v = m + push->count;
    if (gradients_overflow(call, push->is_scaled))
        return;
    for (uint32_t i = 0; i < push->count; i++) {
        const double g = call->dweight[0][i] * scale;
        const double mean = m[i] + (g - m[i]) * push->one_minus_beta_1;
        const double square = v[i] + (g * g - v[i]) * push->one_minus_beta_2;
        const double decayed = w[i] - w[i] * push->weight_decay * rate;
        m[i] = (float)mean;
        v[i] = (float)square;
        w[i] = (float)(decayed - alpha * mean / (sqrt(square) + push->epsilon));
    }
}

const struct reference reference_adam = {"adam", reference_adam_forward, NULL};
