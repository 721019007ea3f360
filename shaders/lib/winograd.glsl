// Winograd's F(4x4, 3x3) (Lavin, Gray: "Fast algorithms for convolutional neural networks", CVPR
// 2016) at the points 0, a, -a, b, -b and infinity with a = sqrt(1/2), b = sqrt(2): numbers of like
// size, which lose a third by rounding of what 1 and 2 lose. In one dimension, with 3 weights g, 6
// inputs d and 4 outputs y:
//
//   y = A^T [(G g) * (B^T d)]
//
//         [  1     0     0  ]          [ 1  0 -5/2  0  1  0 ]
//         [-2/3 -2a/3  -1/3 ]          [ 0 -b  -2   a  1  0 ]          [ 1  1   1   1   1   0 ]
//   G  =  [-2/3  2a/3  -1/3 ]   B^T =  [ 0  b  -2  -a  1  0 ]   A^T =  [ 0  a  -a   b  -b   0 ]
//         [ 1/6   b/6   1/3 ]          [ 0 -a -1/2  b  1  0 ]          [ 0 1/2 1/2  2   2   0 ]
//         [ 1/6  -b/6   1/3 ]          [ 0  a -1/2 -b  1  0 ]          [ 0 a/2 -a/2 2b -2b  1 ]
//         [  0     0     1  ]          [ 0  1   0 -5/2 0  1 ]
//
// In two dimensions each is applied to columns, then to rows. Each macro reads and writes six, four
// or three elements of arrays, s apart.
#ifndef LIB_WINOGRAD_GLSL
#define LIB_WINOGRAD_GLSL

#include "../abi/winograd.h"
#extension GL_EXT_control_flow_attributes : require

const float point_a = 0.70710678118654752, point_b = 1.41421356237309505;

// to = B^T from
#define WINOGRAD_BT(to, from, at, s)                                                               \
    {                                                                                              \
        float d0 = from[at], d1 = from[at + s], d2 = from[at + 2 * s], d3 = from[at + 3 * s];      \
        float d4 = from[at + 4 * s], d5 = from[at + 5 * s];                                        \
        float p = d4 - 2.0 * d2, q = point_a * d3 - point_b * d1;                                  \
        float r = d4 - 0.5 * d2, t = point_b * d3 - point_a * d1;                                  \
        to[at] = d0 - 2.5 * d2 + d4;                                                               \
        to[at + s] = p + q;                                                                        \
        to[at + 2 * s] = p - q;                                                                    \
        to[at + 3 * s] = r + t;                                                                    \
        to[at + 4 * s] = r - t;                                                                    \
        to[at + 5 * s] = d1 - 2.5 * d3 + d5;                                                       \
    }

// to = A^T from: four of six
#define WINOGRAD_AT(to, to_at, to_s, from, at, s)                                                  \
    {                                                                                              \
        float p = from[at + s] + from[at + 2 * s], q = from[at + s] - from[at + 2 * s];            \
        float r = from[at + 3 * s] + from[at + 4 * s], t = from[at + 3 * s] - from[at + 4 * s];    \
        to[to_at] = from[at] + p + r;                                                              \
        to[to_at + to_s] = point_a * q + point_b * t;                                              \
        to[to_at + 2 * to_s] = 0.5 * p + 2.0 * r;                                                  \
        to[to_at + 3 * to_s] = 0.5 * point_a * q + 2.0 * point_b * t + from[at + 5 * s];           \
    }

// to = A from: six of four
#define WINOGRAD_A(to, to_at, to_s, from, at, s)                                                   \
    {                                                                                              \
        float y0 = from[at], y1 = from[at + s], y2 = from[at + 2 * s], y3 = from[at + 3 * s];      \
        float p = y0 + 0.5 * y2, q = point_a * (y1 + 0.5 * y3);                                    \
        float r = y0 + 2.0 * y2, t = point_b * (y1 + 2.0 * y3);                                    \
        to[to_at] = y0;                                                                            \
        to[to_at + to_s] = p + q;                                                                  \
        to[to_at + 2 * to_s] = p - q;                                                              \
        to[to_at + 3 * to_s] = r + t;                                                              \
        to[to_at + 4 * to_s] = r - t;                                                              \
        to[to_at + 5 * to_s] = y3;                                                                 \
    }

// to = G from: six of three
#define WINOGRAD_G(to, to_at, to_s, from, at, s)                                                   \
    {                                                                                              \
        float g0 = from[at], g1 = from[at + s], g2 = from[at + 2 * s];                             \
        float p = g0 * (-2.0 / 3.0) - g2 * (1.0 / 3.0), q = g1 * (-2.0 / 3.0 * point_a);           \
        float r = g0 * (1.0 / 6.0) + g2 * (1.0 / 3.0), t = g1 * (point_b / 6.0);                   \
        to[to_at] = g0;                                                                            \
        to[to_at + to_s] = p + q;                                                                  \
        to[to_at + 2 * to_s] = p - q;                                                              \
        to[to_at + 3 * to_s] = r + t;                                                              \
        to[to_at + 4 * to_s] = r - t;                                                              \
        to[to_at + 5 * to_s] = g2;                                                                 \
    }

// to = G^T from: three of six
#define WINOGRAD_GT(to, to_at, to_s, from, at, s)                                                  \
    {                                                                                              \
        float p = from[at + s] + from[at + 2 * s], q = from[at + 2 * s] - from[at + s];            \
        float r = from[at + 3 * s] + from[at + 4 * s], t = from[at + 3 * s] - from[at + 4 * s];    \
        to[to_at] = from[at] - p * (2.0 / 3.0) + r * (1.0 / 6.0);                                  \
        to[to_at + to_s] = q * (2.0 / 3.0 * point_a) + t * (point_b / 6.0);                        \
        to[to_at + 2 * to_s] = (r - p) * (1.0 / 3.0) + from[at + 5 * s];                           \
    }

// Where a tile lies: image, and first cell of its outputs.
struct winograd_tile {
    uint n;
    int h, w;
};

winograd_tile winograd_tile_of(uint tile, uint out_h, uint out_w)
{
    uint tiles_h = (out_h + 3) / 4, tiles_w = (out_w + 3) / 4, line = tile / tiles_w;
    return winograd_tile(line / tiles_h, int(line % tiles_h * 4), int(tile % tiles_w * 4));
}

#endif
