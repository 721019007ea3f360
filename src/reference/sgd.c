// Reference of sgd, as in Keras: w -= w * decay * lr; v = momentum * v - lr * g; w += v, or with
// nesterov w += momentum * v - lr * g; without momentum w -= lr * g.
#include "reference/reference.h"
#include "reference/clip.h"
#include "abi/sgd.h"
#include "abi/step.h"

#include <stddef.h>

static void forward(const struct reference_call *call)
{
    const struct sgd_push *push = call->push;
    const double rate = (double)call->step->learning_rate * push->rate_factor;
    const double scale = gradient_scale(call, push->clip_norm, push->is_scaled);
    float *w = call->weight[0], *v = call->saved;
    if (gradients_overflow(call, push->is_scaled))
        return;
    for (uint32_t i = 0; i < push->count; i++) {
        const double g = call->dweight[0][i] * scale;
        const double decayed = w[i] - w[i] * push->weight_decay * rate;
        double change = -rate * g;
        if (push->momentum > 0) {
            const double velocity = push->momentum * v[i] - rate * g;
            v[i] = (float)velocity;
            change = push->nesterov ? push->momentum * velocity - rate * g : velocity;
        }
        w[i] = (float)(decayed + change);
    }
}

const struct reference reference_sgd = {"sgd", forward, NULL};
