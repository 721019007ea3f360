// Which cells a window covers, and which windows cover a cell. Needs `push` to be a pool2d_push.
#ifndef LIB_POOL2D_GLSL
#define LIB_POOL2D_GLSL

struct span { // first <= i < end
    uint first, end;
};

// The cells of the input that window `o` of an axis covers.
span cells_of_window(uint o, uint kernel, uint stride, uint pad, uint size)
{
    uint start = o * stride; // padding included
    return span(max(start, pad) - pad, min(start + kernel - pad, size));
}

// The windows of an axis that cover cell `i`; none where the stride leaps over it.
span windows_of_cell(uint i, uint kernel, uint stride, uint pad, uint size)
{
    uint place = i + pad;
    uint first = place < kernel ? 0 : (place - kernel) / stride + 1;
    return span(first, min(place / stride + 1, size));
}

span rows_of_window(uint oh)
{
    return cells_of_window(oh, push.kernel_h, push.stride_h, push.pad_top, push.in_h);
}

span columns_of_window(uint ow)
{
    return cells_of_window(ow, push.kernel_w, push.stride_w, push.pad_left, push.in_w);
}

span windows_of_row(uint h)
{
    return windows_of_cell(h, push.kernel_h, push.stride_h, push.pad_top, push.out_h);
}

span windows_of_column(uint w)
{
    return windows_of_cell(w, push.kernel_w, push.stride_w, push.pad_left, push.out_w);
}

uint in_index(uint n, uint h, uint w, uint c)
{
    return index_of(n, h, w, c, push.in_h, push.in_w, push.channels);
}

uint out_index(uint n, uint oh, uint ow, uint c)
{
    return index_of(n, oh, ow, c, push.out_h, push.out_w, push.channels);
}

#endif
