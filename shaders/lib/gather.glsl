// The two convolutions that gather, y from x and dx from dy, as one and the same sum:
//
//   to[n, a, b, c] = sum over kh < taps, j < run of
//       from[n, a * step_h + first_h + kh, (b * step_w + first_w) * channels + j]
//       * matrix[first_tap + kh * tap_pitch + j][c]
//
// A row of the image is flat: in NHWC the taps of one kernel row lie side by side, so j runs over
// kw and ci together and "inside the row" is one comparison, 0 <= position < width * channels.
// What lies outside counts as 0.
//
// Forward is this sum directly. For dx, cells fall into stride_h * stride_w phases: the cells
// h = stride * a + r of one phase all meet the same taps kh = k0 + stride * t, at oh falling by one
// as t grows. So each phase is a dense convolution of dy with a kernel of its own, the taps t in
// reverse, and nothing is multiplied in vain. conv2d_flip.comp lays the kernels of all phases out
// one after another, input and output channels exchanged.
#ifndef LIB_GATHER_GLSL
#define LIB_GATHER_GLSL

struct gather {
    int height, width, channels; // of the image read
    uint rows_h, rows_w;         // cells computed in this phase, of each image
    int step_h, step_w;          // image cells from one computed cell to the next
    int first_h, first_w;        // image cell of the first tap of the first computed cell
    int taps, run;               // see above
    uint first_tap, tap_pitch;
    uint out_h, out_w;                                    // extents of `to`
    uint out_step_h, out_step_w, out_first_h, out_first_w; // computed cells within `to`
};

// One axis of a phase.
struct phase {
    uint first;    // k0
    uint taps;     // of the kernel that belong to it
    uint position; // of its taps among those of all phases
};

phase phase_of(uint first, uint kernel, uint stride)
{
    uint taps = first < kernel ? (kernel - first + stride - 1) / stride : 0;
    return phase(first, taps, first * (kernel / stride) + min(first, kernel % stride));
}

// Cells of an axis in the phase of offset r.
uint phase_cells(uint extent, uint r, uint stride)
{
    return extent > r ? (extent - r + stride - 1) / stride : 0;
}

// Rows of a matrix, `columns` wide, from column `first` on: the tap row is the part of a row.
gather gather_dense(uint columns, uint first, uint length)
{
    gather g;
    g.height = 1, g.width = int(columns), g.channels = 1;
    g.rows_h = g.rows_w = 1;
    g.step_h = g.step_w = 1;
    g.first_h = 0, g.first_w = int(first);
    g.taps = 1, g.run = int(min(length, columns - first));
    g.first_tap = first, g.tap_pitch = 0;
    g.out_h = g.out_w = 1;
    g.out_step_h = g.out_step_w = 1, g.out_first_h = g.out_first_w = 0;
    return g;
}

#ifdef ABI_CONV2D_H
gather gather_forward(conv2d_push p)
{
    gather g;
    g.height = int(p.in_h), g.width = int(p.in_w), g.channels = int(p.in_c);
    g.rows_h = g.out_h = p.out_h, g.rows_w = g.out_w = p.out_w;
    g.step_h = int(p.stride_h), g.step_w = int(p.stride_w);
    g.first_h = -int(p.pad_top), g.first_w = -int(p.pad_left);
    g.taps = int(p.kernel_h), g.run = int(p.kernel_w * p.in_c);
    g.first_tap = 0, g.tap_pitch = p.kernel_w * p.in_c;
    g.out_step_h = g.out_step_w = 1, g.out_first_h = g.out_first_w = 0;
    return g;
}

gather gather_backward(conv2d_push p, uint phase_number)
{
    gather g;
    uint r_h = phase_number / p.stride_w, r_w = phase_number % p.stride_w;
    phase h = phase_of((r_h + p.pad_top) % p.stride_h, p.kernel_h, p.stride_h);
    phase w = phase_of((r_w + p.pad_left) % p.stride_w, p.kernel_w, p.stride_w);
    g.height = int(p.out_h), g.width = int(p.out_w), g.channels = int(p.out_c);
    g.rows_h = phase_cells(p.in_h, r_h, p.stride_h);
    g.rows_w = phase_cells(p.in_w, r_w, p.stride_w);
    g.step_h = g.step_w = 1;
    g.first_h = int((r_h + p.pad_top) / p.stride_h) - int(h.taps) + 1;
    g.first_w = int((r_w + p.pad_left) / p.stride_w) - int(w.taps) + 1;
    g.taps = int(h.taps), g.run = int(w.taps * p.out_c);
    g.first_tap = (h.position * p.kernel_w + w.position) * p.out_c;
    g.tap_pitch = p.kernel_w * p.out_c;
    g.out_h = p.in_h, g.out_w = p.in_w;
    g.out_step_h = p.stride_h, g.out_step_w = p.stride_w;
    g.out_first_h = r_h, g.out_first_w = r_w;
    return g;
}

#endif

// A computed cell, and stepping to the one after it without dividing.
struct gather_cell {
    uint n, a, b;
};

gather_cell gather_first(gather g, uint row)
{
    uint line = row / g.rows_w;
    return gather_cell(line / g.rows_h, line % g.rows_h, row % g.rows_w);
}

gather_cell gather_next(gather g, gather_cell at)
{
    at.b++;
    bool line = at.b == g.rows_w;
    at.b = line ? 0 : at.b;
    at.a += line ? 1 : 0;
    bool image = at.a == g.rows_h;
    at.a = image ? 0 : at.a;
    at.n += image ? 1 : 0;
    return at;
}

// Where the cell's first tap lies: line of the image, and position in that line.
int gather_line(gather g, gather_cell at)
{
    return int(at.a) * g.step_h + g.first_h;
}

int gather_position(gather g, gather_cell at)
{
    return (int(at.b) * g.step_w + g.first_w) * g.channels;
}

// Its pixel in `to`; times the channels of `to` it is an index.
uint gather_pixel(gather g, gather_cell at)
{
    uint h = at.a * g.out_step_h + g.out_first_h, w = at.b * g.out_step_w + g.out_first_w;
    return (at.n * g.out_h + h) * g.out_w + w;
}

#endif
