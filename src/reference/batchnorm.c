// Reference of batchnorm with moving statistics: y = (x - mean) * gamma / sqrt(variance + epsilon)
// + beta; gamma and beta are absent without `scale` and `center`.
#include "reference/reference.h"
#include "abi/batchnorm.h"

#include <math.h>
#include <stddef.h>

struct channel {
    double gamma, beta, mean, deviation;
};

static struct channel channel_of(const struct reference_call *call, uint32_t c)
{
    const struct batchnorm_push *p = call->push;
    float *const *weight = call->weight;
    struct channel channel = {1, 0, 0, 0};
    if (p->scale)
        channel.gamma = (*weight++)[c];
    if (p->center)
        channel.beta = (*weight++)[c];
    channel.mean = (*weight++)[c];
    channel.deviation = sqrt((double)(*weight)[c] + p->epsilon);
    return channel;
}

static void forward(const struct reference_call *call)
{
    const struct batchnorm_push *p = call->push;
    for (uint32_t c = 0; c < p->channels; c++) {
        const struct channel s = channel_of(call, c);
        for (size_t i = c; i < (size_t)p->rows * p->channels; i += p->channels)
            call->out[i] = (float)((call->in[0][i] - s.mean) / s.deviation * s.gamma + s.beta);
    }
}

static void backward(const struct reference_call *call)
{
    const struct batchnorm_push *p = call->push;
    float *dgamma = p->scale ? call->dweight[0] : NULL;
    float *dbeta = p->center ? call->dweight[p->scale] : NULL;
    for (uint32_t c = 0; c < p->channels; c++) {
        const struct channel s = channel_of(call, c);
        double sum = 0, product = 0;
        for (size_t i = c; i < (size_t)p->rows * p->channels; i += p->channels) {
            const double dy = call->dout[i];
            sum += dy;
            product += dy * (call->in[0][i] - s.mean) / s.deviation;
            if (call->din[0])
                call->din[0][i] = (float)(dy * s.gamma / s.deviation);
        }
        if (dgamma)
            dgamma[c] = (float)product;
        if (dbeta)
            dbeta[c] = (float)sum;
    }
}

const struct reference reference_batchnorm = {"batchnorm", forward, backward};
