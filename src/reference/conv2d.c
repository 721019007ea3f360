// Reference of conv2d: the definition, loop by loop.
#include "reference/reference.h"
#include "abi/conv2d.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdlib.h>

// The input cell below tap (kh, kw) of the output pixel (n, oh, ow): index of its first channel,
// or false outside the image.
static bool find_cell(const struct conv2d_push *p, uint32_t n, uint32_t oh, uint32_t ow,
                      uint32_t kh, uint32_t kw, size_t *index)
{
    const int64_t h = (int64_t)oh * p->stride_h + kh - p->pad_top;
    const int64_t w = (int64_t)ow * p->stride_w + kw - p->pad_left;
    if (h < 0 || h >= p->in_h || w < 0 || w >= p->in_w)
        return false;
    *index = (((size_t)n * p->in_h + (size_t)h) * p->in_w + (size_t)w) * p->in_c;
    return true;
}

// Output pixels and taps, each with the input cell that they meet.
struct meeting {
    size_t pixel, cell, tap; // indices of the first output channel, input channel and weight
};

static void for_each_meeting(const struct conv2d_push *p,
                             void (*visit)(const struct reference_call *call, struct meeting at,
                                           double *sums),
                             const struct reference_call *call, double *sums)
{
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t oh = 0; oh < p->out_h; oh++)
            for (uint32_t ow = 0; ow < p->out_w; ow++)
                for (uint32_t tap = 0; tap < p->kernel_h * p->kernel_w; tap++) {
                    struct meeting at = {
                        .pixel = (((size_t)n * p->out_h + oh) * p->out_w + ow) * p->out_c,
                        .tap = (size_t)tap * p->in_c * p->out_c,
                    };
                    if (find_cell(p, n, oh, ow, tap / p->kernel_w, tap % p->kernel_w, &at.cell))
                        visit(call, at, sums);
                }
}

static void add_y(const struct reference_call *call, struct meeting at, double *y)
{
    const struct conv2d_push *p = call->push;
    for (uint32_t ci = 0; ci < p->in_c; ci++)
        for (uint32_t co = 0; co < p->out_c; co++)
            y[at.pixel + co] += (double)call->in[0][at.cell + ci] *
                                call->weight[0][at.tap + (size_t)ci * p->out_c + co];
}

// dy behind a fused activation, unless the reader of y has been there already.
static double gradient(const struct reference_call *call, size_t i)
{
    const struct conv2d_push *p = call->push;
    const bool passes = call->activation_taken || reference_passes(p->activation, call->out[i]);
    return passes ? call->dout[i] : 0;
}

static void add_dx(const struct reference_call *call, struct meeting at, double *dx)
{
    const struct conv2d_push *p = call->push;
    for (uint32_t ci = 0; ci < p->in_c; ci++)
        for (uint32_t co = 0; co < p->out_c; co++)
            dx[at.cell + ci] += gradient(call, at.pixel + co) *
                                call->weight[0][at.tap + (size_t)ci * p->out_c + co];
}

static void add_dw(const struct reference_call *call, struct meeting at, double *dw)
{
    const struct conv2d_push *p = call->push;
    for (uint32_t ci = 0; ci < p->in_c; ci++)
        for (uint32_t co = 0; co < p->out_c; co++)
            dw[at.tap + (size_t)ci * p->out_c + co] +=
                gradient(call, at.pixel + co) * call->in[0][at.cell + ci];
}

// The gradient before the activation that made x.
static void pass_in_activation(const struct reference_call *call, size_t count)
{
    const struct conv2d_push *p = call->push;
    for (size_t i = 0; i < count; i++)
        if (!reference_passes(p->in_activation, call->in[0][i]))
            call->din[0][i] = 0;
}

static void sum_into(const struct reference_call *call, float *to, size_t count,
                     void (*visit)(const struct reference_call *, struct meeting, double *))
{
    double *sums = calloc(count, sizeof *sums);
    vktl_assert(sums);
    for_each_meeting(call->push, visit, call, sums);
    for (size_t i = 0; i < count; i++)
        to[i] = (float)sums[i];
    free(sums);
}

static size_t pixel_values(const struct conv2d_push *p)
{
    return (size_t)p->batch * p->out_h * p->out_w * p->out_c;
}

static void forward(const struct reference_call *call)
{
    const struct conv2d_push *p = call->push;
    const size_t count = pixel_values(p);
    double *sums = calloc(count, sizeof *sums);
    vktl_assert(sums);
    for_each_meeting(p, add_y, call, sums);
    for (size_t i = 0; i < count; i++) {
        const double y = sums[i] + (p->has_bias ? call->weight[1][i % p->out_c] : 0);
        call->out[i] = (float)reference_activate(p->activation, y);
    }
    free(sums);
}

static void backward(const struct reference_call *call)
{
    const struct conv2d_push *p = call->push;
    const size_t cells = (size_t)p->batch * p->in_h * p->in_w * p->in_c;
    if (call->din[0]) {
        sum_into(call, call->din[0], cells, add_dx);
        pass_in_activation(call, cells);
    }
    if (call->dweight[0])
        sum_into(call, call->dweight[0], (size_t)p->kernel_h * p->kernel_w * p->in_c * p->out_c,
                 add_dw);
    if (!call->dweight[1])
        return;
    for (uint32_t co = 0; co < p->out_c; co++) {
        double db = 0;
        for (size_t i = co; i < pixel_values(p); i += p->out_c)
            db += gradient(call, i);
        call->dweight[1][co] = (float)db;
    }
}

const struct reference reference_conv2d = {"conv2d", forward, backward};
