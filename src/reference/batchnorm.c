// Reference of batchnorm: y = (x - mean) * gamma / sqrt(variance + epsilon) + beta; gamma and beta
// are absent without `scale` and `center`. Mean and variance are the moving ones; or, with `batch`,
// those of the rows of the first step->rows samples, which alone count then, and which the moving
// ones follow.
#include "reference/reference.h"
#include "abi/batchnorm.h"
#include "abi/step.h"

#include <math.h>
#include <stddef.h>

struct channel {
    double gamma, beta, mean, variance;
    size_t end, stride; // of its elements that count
};

static float **moving_of(const struct reference_call *call)
{
    const struct batchnorm_push *p = call->push;
    return (float **)call->weight + p->scale + p->center;
}

static void measure(const float *x, struct channel *channel, uint32_t c)
{
    const double count = (double)channel->end / (double)channel->stride;
    channel->mean = channel->variance = 0;
    for (size_t i = c; i < channel->end; i += channel->stride)
        channel->mean += x[i] / count;
    for (size_t i = c; i < channel->end; i += channel->stride)
        channel->variance += (x[i] - channel->mean) * (x[i] - channel->mean) / count;
}

static struct channel channel_of(const struct reference_call *call, uint32_t c)
{
    const struct batchnorm_push *p = call->push;
    const uint32_t rows = p->batch ? call->step->rows * p->sample_rows : p->rows;
    struct channel channel = {1, 0, 0, 0, (size_t)rows * p->channels, p->channels};
    if (p->scale)
        channel.gamma = call->weight[0][c];
    if (p->center)
        channel.beta = call->weight[p->scale][c];
    channel.mean = moving_of(call)[0][c];
    channel.variance = moving_of(call)[1][c];
    if (p->batch)
        measure(call->in[0], &channel, c);
    return channel;
}

static void move(float *moving, double batch, double momentum)
{
    *moving = (float)(*moving * momentum + batch * (1 - momentum));
}

static void forward(const struct reference_call *call)
{
    const struct batchnorm_push *p = call->push;
    for (uint32_t c = 0; c < p->channels; c++) {
        const struct channel s = channel_of(call, c);
        const double deviation = sqrt(s.variance + p->epsilon);
        for (size_t i = c; i < (size_t)p->rows * p->channels; i += p->channels)
            call->out[i] =
                i < s.end ? (float)((call->in[0][i] - s.mean) / deviation * s.gamma + s.beta) : 0;
        if (p->batch) {
            move(&moving_of(call)[0][c], s.mean, p->momentum);
            move(&moving_of(call)[1][c], s.variance, p->momentum);
        }
    }
}

static void backward_channel(const struct reference_call *call, uint32_t c)
{
    const struct batchnorm_push *p = call->push;
    const struct channel s = channel_of(call, c);
    const double deviation = sqrt(s.variance + p->epsilon), count = (double)s.end / p->channels;
    const float *x = call->in[0], *dy = call->dout;
    float *dx = call->din[0];
    double dgamma = 0, dbeta = 0;
    for (size_t i = c; i < s.end; i += p->channels) {
        dbeta += dy[i];
        dgamma += dy[i] * (x[i] - s.mean) / deviation;
    }
    for (size_t i = c; dx && i < (size_t)p->rows * p->channels; i += p->channels) {
        double change = dy[i]; // of x, before it is scaled
        if (p->batch)          // x also moves the mean and the variance
            change -= (dbeta + (x[i] - s.mean) / deviation * dgamma) / count;
        dx[i] = i < s.end ? (float)(change * s.gamma / deviation) : 0;
    }
    if (p->scale && call->dweight[0])
        call->dweight[0][c] = (float)dgamma;
    if (p->center && call->dweight[p->scale])
        call->dweight[p->scale][c] = (float)dbeta;
}

static void backward(const struct reference_call *call)
{
    const struct batchnorm_push *p = call->push;
    for (uint32_t c = 0; c < p->channels; c++)
        backward_channel(call, c);
}

const struct reference reference_batchnorm = {"batchnorm", forward, backward};
