// Images from bytes to the numbers that a model takes, distorted on the way; see src/ops/augment.c.
#ifndef ABI_AUGMENT_H
#define ABI_AUGMENT_H

#include "abi.h"

// An image is H * W * 3 bytes of RGB, rows from the top, in `words` words of four bytes, the first
// byte lowest; what is left of the last word is ignored.
#define AUGMENT_FWD_BYTES   0 // in   bytes  [N, words], uint
#define AUGMENT_FWD_IMAGES  1 // in   images [N], struct augment_image
#define AUGMENT_FWD_LIMITS  2 // in   limits [N, 2]: minimum, maximum; of images with a shift alone
#define AUGMENT_FWD_Y       3 // out  y      [N, H, W, 3]
#define AUGMENT_FWD_BUFFERS 4

#define AUGMENT_PARTS_BYTES   0 // in   bytes  [N, words], uint
#define AUGMENT_PARTS_IMAGES  1 // in   images [N], struct augment_image
#define AUGMENT_PARTS_PARTS   2 // out  parts  [N, parts, 2]: minimum, maximum of a part's pixels
#define AUGMENT_PARTS_BUFFERS 3

#define AUGMENT_LIMITS_PARTS   0 // in   parts  [N, parts, 2]
#define AUGMENT_LIMITS_LIMITS  1 // out  limits [N, 2]
#define AUGMENT_LIMITS_BUFFERS 2

// Flags of an image. Without any its pixels are taken as they are. A shift is ignored where push
// has no parts, as its limits are not known.
#define AUGMENT_RESAMPLE   1u
#define AUGMENT_FLIP_ROWS  2u // upside down
#define AUGMENT_FLIP_COLS  4u // mirrored
#define AUGMENT_SHIFT      8u
#define AUGMENT_BRIGHTNESS 16u

// What lies outside the image.
#define AUGMENT_NEAREST  0u
#define AUGMENT_CONSTANT 1u
#define AUGMENT_REFLECT  2u
#define AUGMENT_WRAP     3u

// How one image is distorted. The pixel at (row, column) of the output comes from
//
//   (row_by_row * row + row_by_col * column + row_start,
//    col_by_row * row + col_by_col * column + col_start)
//
// of the input, in units of pixels. Each number is fixed-point, two's complement of 64 bits: whole
// pixels, then the fraction in 1/2^32.
struct augment_image {
    uint32_t flags;
    int32_t row_by_row;
    uint32_t row_by_row_fraction;
    int32_t row_by_col;
    uint32_t row_by_col_fraction;
    int32_t row_start;
    uint32_t row_start_fraction;
    int32_t col_by_row;
    uint32_t col_by_row_fraction;
    int32_t col_by_col;
    uint32_t col_by_col_fraction;
    int32_t col_start;
    uint32_t col_start_fraction;
    float shift;      // added to every value
    float brightness; // factor
    uint32_t reserved;
};
ABI_WORDS(augment_image, 16)

struct augment_push {
    uint32_t batch, height, width, words;
    uint32_t fill; // one of AUGMENT_NEAREST ...
    float constant;
    uint32_t reversed;            // 1: channels come out as B, G, R
    float mean_0, mean_1, mean_2; // of the channels of y
    float factor_0, factor_1, factor_2;
    uint32_t part_length, parts; // pixels of a part; parts of an image, 0: no shifts
};
ABI_WORDS(augment_push, 15)

#endif
