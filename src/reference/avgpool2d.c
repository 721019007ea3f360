// Reference of avgpool2d: the mean of the cells of each window that lie in the image; each of them
// gets its share of dy.
#include "reference/reference.h"
#include "abi/avgpool2d.h"

#include <stddef.h>
#include <string.h>

struct range { // first <= i < end
    uint32_t first, end;
};

static struct range clip(uint32_t o, uint32_t stride, uint32_t pad, uint32_t kernel, uint32_t size)
{
    const int64_t start = (int64_t)o * stride - pad, end = start + kernel;
    return (struct range){start < 0 ? 0 : (uint32_t)start, end > size ? size : (uint32_t)end};
}

struct window {
    struct range h, w;
    double cells;
};

static struct window window_at(const struct pool2d_push *p, uint32_t oh, uint32_t ow)
{
    struct window window = {clip(oh, p->stride_h, p->pad_top, p->kernel_h, p->in_h),
                            clip(ow, p->stride_w, p->pad_left, p->kernel_w, p->in_w), 0};
    window.cells = (double)(window.h.end - window.h.first) * (window.w.end - window.w.first);
    return window;
}

static size_t place(const struct pool2d_push *p, uint32_t n, uint32_t h, uint32_t w, uint32_t c)
{
    return (((size_t)n * p->in_h + h) * p->in_w + w) * p->channels + c;
}

static double sum(const struct pool2d_push *p, const float *x, const struct window *window,
                  uint32_t n, uint32_t c)
{
    double total = 0;
    for (uint32_t h = window->h.first; h < window->h.end; h++)
        for (uint32_t w = window->w.first; w < window->w.end; w++)
            total += x[place(p, n, h, w, c)];
    return total;
}

static void spread(const struct pool2d_push *p, float *dx, const struct window *window, uint32_t n,
                   uint32_t c, double share)
{
    for (uint32_t h = window->h.first; h < window->h.end; h++)
        for (uint32_t w = window->w.first; w < window->w.end; w++)
            dx[place(p, n, h, w, c)] += (float)share;
}

static void forward(const struct reference_call *call)
{
    const struct pool2d_push *p = call->push;
    float *y = call->out;
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t oh = 0; oh < p->out_h; oh++)
            for (uint32_t ow = 0; ow < p->out_w; ow++) {
                const struct window window = window_at(p, oh, ow);
                for (uint32_t c = 0; c < p->channels; c++)
                    *y++ = (float)(sum(p, call->in[0], &window, n, c) / window.cells);
            }
}

static void backward(const struct reference_call *call)
{
    const struct pool2d_push *p = call->push;
    const float *dy = call->dout;
    memset(call->din[0], 0, (size_t)p->batch * p->in_h * p->in_w * p->channels * sizeof(float));
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t oh = 0; oh < p->out_h; oh++)
            for (uint32_t ow = 0; ow < p->out_w; ow++) {
                const struct window window = window_at(p, oh, ow);
                for (uint32_t c = 0; c < p->channels; c++)
                    spread(p, call->din[0], &window, n, c, *dy++ / window.cells);
            }
}

const struct reference reference_avgpool2d = {"avgpool2d", forward, backward};
