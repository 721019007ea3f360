// Reference of depthwise_conv2d: the definition, loop by loop.
#include "reference/reference.h"
#include "abi/depthwise_conv2d.h"
#include "base/log.h"

#include <stdlib.h>

static size_t out_channels(const struct depthwise_conv2d_push *p)
{
    return (size_t)p->channels * p->multiplier;
}

static size_t out_count(const struct depthwise_conv2d_push *p)
{
    return (size_t)p->batch * p->out_h * p->out_w * out_channels(p);
}

// Calls visit for every output channel of every pixel and every tap that meets the image there,
// with the indices of the output, the input and the weight.
static void for_each_product(const struct reference_call *call, double *sums,
                             void (*visit)(const struct reference_call *call, double *sums,
                                           size_t y, size_t x, size_t w))
{
    const struct depthwise_conv2d_push *p = call->push;
    for (size_t y = 0; y < out_count(p); y++) {
        const size_t channel = y % out_channels(p), pixel = y / out_channels(p);
        const size_t ow = pixel % p->out_w, oh = pixel / p->out_w % p->out_h;
        const size_t n = pixel / p->out_w / p->out_h, c = channel / p->multiplier;
        for (size_t kh = 0; kh < p->kernel_h; kh++)
            for (size_t kw = 0; kw < p->kernel_w; kw++) {
                const int64_t h = (int64_t)(oh * p->stride_h + kh) - p->pad_top;
                const int64_t w = (int64_t)(ow * p->stride_w + kw) - p->pad_left;
                if (h < 0 || h >= p->in_h || w < 0 || w >= p->in_w)
                    continue;
                const size_t cell = (n * p->in_h + (size_t)h) * p->in_w + (size_t)w;
                visit(call, sums, y, cell * p->channels + c,
                      (kh * p->kernel_w + kw) * out_channels(p) + channel);
            }
    }
}

// dy behind a fused activation, unless the reader of y has been there already.
static double gradient(const struct reference_call *call, size_t i)
{
    const struct depthwise_conv2d_push *p = call->push;
    const bool passes = call->activation_taken || reference_passes(p->activation, call->out[i]);
    return passes ? call->dout[i] : 0;
}

static void add_y(const struct reference_call *call, double *sums, size_t y, size_t x, size_t w)
{
    sums[y] += (double)call->in[0][x] * call->weight[0][w];
}

static void add_dx(const struct reference_call *call, double *sums, size_t y, size_t x, size_t w)
{
    sums[x] += gradient(call, y) * call->weight[0][w];
}

static void add_dw(const struct reference_call *call, double *sums, size_t y, size_t x, size_t w)
{
    sums[w] += gradient(call, y) * call->in[0][x];
}

static void sum_into(const struct reference_call *call, float *to, size_t count,
                     void (*visit)(const struct reference_call *, double *, size_t, size_t, size_t))
{
    double *sums = calloc(count, sizeof *sums);
    vktl_assert(sums);
    for_each_product(call, sums, visit);
    for (size_t i = 0; i < count; i++)
        to[i] = (float)sums[i];
    free(sums);
}

static void forward(const struct reference_call *call)
{
    const struct depthwise_conv2d_push *p = call->push;
    double *sums = calloc(out_count(p), sizeof *sums);
    vktl_assert(sums);
    for_each_product(call, sums, add_y);
    for (size_t i = 0; i < out_count(p); i++) {
        const double y = sums[i] + (p->has_bias ? call->weight[1][i % out_channels(p)] : 0);
        call->out[i] = (float)reference_activate(p->activation, y);
    }
    free(sums);
}

static void backward(const struct reference_call *call)
{
    const struct depthwise_conv2d_push *p = call->push;
    const size_t channels = out_channels(p);
    if (call->din[0])
        sum_into(call, call->din[0], (size_t)p->batch * p->in_h * p->in_w * p->channels, add_dx);
    if (call->dweight[0])
        sum_into(call, call->dweight[0], (size_t)p->kernel_h * p->kernel_w * channels, add_dw);
    if (!call->dweight[1])
        return;
    for (size_t c = 0; c < channels; c++) {
        double db = 0;
        for (size_t i = c; i < out_count(p); i += channels)
            db += gradient(call, i);
        call->dweight[1][c] = (float)db;
    }
}

const struct reference reference_depthwise_conv2d = {"depthwise_conv2d", forward, backward};
