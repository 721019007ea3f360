// Reference of maxpool2d: the largest cell of each window; dy goes to the first one that is as
// large, in row-major order; a NaN counts as larger than everything.
#include "reference/reference.h"
#include "abi/maxpool2d.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// The place in x of the cell (u, v) of a window; false where it lies in the padding.
static bool cell(const struct pool2d_push *p, const uint32_t at[4], uint32_t u, uint32_t v,
                 size_t *place)
{
    const int64_t h = (int64_t)at[1] * p->stride_h - p->pad_top + u;
    const int64_t w = (int64_t)at[2] * p->stride_w - p->pad_left + v;
    if (h < 0 || h >= p->in_h || w < 0 || w >= p->in_w)
        return false;
    const size_t row = (size_t)at[0] * p->in_h + (size_t)h;
    *place = (row * p->in_w + (size_t)w) * p->channels + at[3];
    return true;
}

// The place of the window's first NaN, else of its first maximum.
static size_t find_maximum(const struct pool2d_push *p, const float *x, const uint32_t at[4])
{
    size_t best = SIZE_MAX, place;
    for (uint32_t u = 0; u < p->kernel_h; u++)
        for (uint32_t v = 0; v < p->kernel_w; v++)
            if (cell(p, at, u, v, &place) &&
                (best == SIZE_MAX ||
                 (!isnan(x[best]) && (x[place] > x[best] || isnan(x[place])))))
                best = place;
    return best;
}

// Calls `visit` for each window with the place of its output.
static void each_window(const struct reference_call *call,
                        void (*visit)(const struct reference_call *call, const uint32_t at[4],
                                      size_t o))
{
    const struct pool2d_push *p = call->push;
    size_t o = 0;
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t oh = 0; oh < p->out_h; oh++)
            for (uint32_t ow = 0; ow < p->out_w; ow++)
                for (uint32_t c = 0; c < p->channels; c++)
                    visit(call, (const uint32_t[4]){n, oh, ow, c}, o++);
}

static void take(const struct reference_call *call, const uint32_t at[4], size_t o)
{
    call->out[o] = call->in[0][find_maximum(call->push, call->in[0], at)];
}

static void give(const struct reference_call *call, const uint32_t at[4], size_t o)
{
    const struct pool2d_push *p = call->push;
    const size_t place = find_maximum(p, call->in[0], at);
    if (reference_passes(p->in_activation, call->in[0][place]))
        call->din[0][place] += call->dout[o];
}

static void forward(const struct reference_call *call)
{
    each_window(call, take);
}

static void backward(const struct reference_call *call)
{
    const struct pool2d_push *p = call->push;
    const size_t count = (size_t)p->batch * p->in_h * p->in_w * p->channels;
    memset(call->din[0], 0, count * sizeof(float));
    each_window(call, give);
}

const struct reference reference_maxpool2d = {"maxpool2d", forward, backward};
