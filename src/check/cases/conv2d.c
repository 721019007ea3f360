// Cases of conv2d: kernels, strides, paddings and channels at and around what the kernels tile by.
#include "check/cases.h"

#define PADDING(word_)                                                                             \
    {                                                                                              \
        "padding", {0}, 0, word_                                                                   \
    }
#define FILTERS(count_)                                                                            \
    {                                                                                              \
        "filters", {count_}, 1, NULL                                                               \
    }
#define SIZE(h, w)                                                                                 \
    {                                                                                              \
        "kernel_size", {h, w}, 2, NULL                                                             \
    }
#define STRIDES(h, w)                                                                              \
    {                                                                                              \
        "strides", {h, w}, 2, NULL                                                                 \
    }
#define RELU                                                                                       \
    {                                                                                              \
        "activation", {0}, 0, "relu"                                                               \
    }
#define RELU6                                                                                      \
    {                                                                                              \
        "activation", {0}, 0, "relu6"                                                              \
    }
#define NO_BIAS                                                                                    \
    {                                                                                              \
        "use_bias", {0}, 1, NULL                                                                   \
    }
#define IN(n, h, w, c)                                                                             \
    {                                                                                              \
        {                                                                                          \
            4,                                                                                     \
            {                                                                                      \
                n, h, w, c                                                                         \
            }                                                                                      \
        }                                                                                          \
    }

static const struct check_case cases[] = {
    {"one cell, one channel", IN(1, 1, 1, 1), {FILTERS(1), SIZE(1, 1)}, 1},
    {"1x1, 1 to 5 channels", IN(1, 3, 2, 1), {FILTERS(5), SIZE(1, 1), NO_BIAS}, 6},
    {"1x1 relu, 7 to 33 channels", IN(2, 5, 7, 7), {FILTERS(33), SIZE(1, 1), RELU}, 70},
    {"1x1, 128 to 128, the largest tiles", IN(1, 8, 16, 128), {FILTERS(128), SIZE(1, 1)}, 128},
    {"1x1, 127 to 125, tiles not whole", IN(1, 7, 18, 127), {FILTERS(125), SIZE(1, 1)}, 127},
    {"1x1 stride 2, 16 to 24", IN(2, 7, 6, 16), {FILTERS(24), SIZE(1, 1), STRIDES(2, 2)}, 24},
    {"3x3 valid, 3 to 8", IN(1, 9, 7, 3), {FILTERS(8), SIZE(3, 3)}, 72},
    {"3x3 same, 3 to 1", IN(2, 5, 6, 3), {FILTERS(1), PADDING("same"), RELU}, 60},
    {"3x3 same relu, 5 to 13", IN(3, 7, 5, 5), {FILTERS(13), PADDING("same"), RELU}, 117},
    {"3x3 same stride 2, even", IN(2, 8, 10, 6), {FILTERS(9), STRIDES(2, 2), PADDING("same")}, 81},
    {"3x3 same stride 2, odd",
     IN(1, 7, 9, 4),
     {FILTERS(17), STRIDES(2, 2), PADDING("same"), RELU},
     153},
    {"3x3 valid stride 3 x 2", IN(2, 11, 8, 2), {FILTERS(4), STRIDES(3, 2)}, 36},
    {"2x2 valid stride 3, cells unseen",
     IN(2, 9, 11, 3),
     {FILTERS(6), SIZE(2, 2), STRIDES(3, 3)},
     24},
    {"1x1 valid stride 4 x 3", IN(1, 9, 7, 5), {FILTERS(3), SIZE(1, 1), STRIDES(4, 3)}, 9},
    {"2x3 same stride 5, padding none",
     IN(1, 12, 13, 3),
     {FILTERS(5), SIZE(2, 3), STRIDES(5, 5), PADDING("same")},
     30},
    {"5x1 same, 4 to 7", IN(1, 6, 4, 4), {FILTERS(7), SIZE(5, 1), PADDING("same")}, 35},
    {"1x4 same stride 1 x 2",
     IN(2, 3, 9, 9),
     {FILTERS(12), SIZE(1, 4), STRIDES(1, 2), PADDING("same"), NO_BIAS},
     48},
    {"kernel larger than the image",
     IN(1, 2, 3, 5),
     {FILTERS(10), SIZE(7, 7), PADDING("same"), RELU},
     490},
    {"11x11 stride 4, 3 to 16",
     IN(1, 35, 31, 3),
     {FILTERS(16), SIZE(11, 11), STRIDES(4, 4), RELU},
     1936},
    {"7x7 same stride 2, 3 to 16",
     IN(1, 22, 23, 3),
     {FILTERS(16), SIZE(7, 7), STRIDES(2, 2), PADDING("same")},
     784},
    {"vgg16 block 1 first", IN(2, 28, 28, 3), {FILTERS(16), PADDING("same"), RELU}, 1568},
    {"vgg16 block 1 second", IN(2, 24, 24, 16), {FILTERS(16), PADDING("same"), RELU}, 1152},
    {"vgg16 block 3", IN(1, 12, 12, 32), {FILTERS(64), PADDING("same"), RELU}, 576},
    {"vgg16 block 5", IN(2, 5, 5, 72), {FILTERS(64), PADDING("same"), RELU}, 648},
    {"3x3 same, 48 to 80, uneven", IN(2, 9, 14, 48), {FILTERS(80), PADDING("same"), RELU}, 720},
    {"3x3 valid, 64 to 33", IN(1, 11, 8, 64), {FILTERS(33), NO_BIAS}, 576},
    {"3x3 same, many tiles", IN(1, 121, 126, 32), {FILTERS(32), PADDING("same"), RELU}, 15246},
    {"mobilenet first",
     IN(2, 32, 32, 3),
     {FILTERS(8), STRIDES(2, 2), PADDING("same"), NO_BIAS},
     512},
    {"3x3 same relu, taken",
     IN(2, 5, 6, 5),
     {FILTERS(7), PADDING("same"), RELU},
     63,
     .activation_taken = true},
    {"3x3 valid stride 2, zeros around",
     IN(2, 6, 7, 5),
     {FILTERS(9), SIZE(3, 3), STRIDES(2, 2), {"zero_padding", {0, 1, 2, 3}, 4}},
     63},
    {"3x3 of colours, 17 pixels a line, stride 2x1",
     IN(3, 9, 17, 3),
     {FILTERS(21), STRIDES(2, 1), PADDING("same"), RELU},
     300},
    {"3x3 valid, zeros around",
     IN(2, 6, 7, 16),
     {FILTERS(17), {"zero_padding", {1, 3, 2, 0}, 4}},
     200},
    {"3x3 same, 16 to 18, after relu",
     IN(2, 7, 6, 16),
     {FILTERS(18), PADDING("same")},
     162,
     CHECK_TIES,
     .in_activation = 1},
    {"2x2 stride 2, after relu6",
     IN(2, 7, 6, 5),
     {FILTERS(4), SIZE(2, 2), STRIDES(2, 2)},
     60,
     CHECK_TIES,
     .in_activation = 2},
    {"3x3 same, 16 to 18", IN(2, 7, 6, 16), {FILTERS(18), PADDING("same")}, 162},
    {"3x3 same relu6, 40 to 40", IN(2, 6, 6, 32), {FILTERS(40), PADDING("same"), RELU6}, 360},
    {"mobilenet pointwise relu6", IN(1, 7, 7, 40), {FILTERS(24), SIZE(1, 1), RELU6}, 49},
    {"mobilenet pointwise", IN(2, 14, 14, 40), {FILTERS(72), SIZE(1, 1), NO_BIAS}, 392},
    {"channels at the tiles' edges", IN(1, 9, 15, 64), {FILTERS(65), SIZE(1, 1), RELU}, 135},
    {"dw in many parts", IN(3, 41, 37, 2), {FILTERS(3), PADDING("same"), RELU}, 4551},
    {"zeros", IN(2, 5, 7, 16), {FILTERS(18), PADDING("same"), RELU}, 144, CHECK_ZEROS},
    {"denormals", IN(2, 5, 7, 16), {FILTERS(18), PADDING("same")}, 144, CHECK_DENORMALS},
    {"denormal colours", IN(2, 9, 17, 3), {FILTERS(16), PADDING("same")}, 306, CHECK_DENORMALS},
    {"1x1, NaNs", IN(2, 5, 7, 7), {FILTERS(18), SIZE(1, 1)}, 70, CHECK_NANS},
    {"1x1, infinities", IN(2, 5, 7, 7), {FILTERS(18), SIZE(1, 1)}, 70, CHECK_INFINITIES},
    {"5x5 same, NaNs", IN(2, 9, 17, 4), {FILTERS(9), SIZE(5, 5), PADDING("same")}, 306, CHECK_NANS},
    {"3x3 stride 2, infinite colours",
     IN(2, 9, 17, 3),
     {FILTERS(16), STRIDES(2, 2), PADDING("same")},
     306,
     CHECK_INFINITIES},

    // Few sums, but so many results that a GPU takes each of its tiles: see tests/check/tiles.c.
    {"1x1, 16384 pixels, 8 to 128",
     IN(1, 128, 128, 8),
     {FILTERS(128), SIZE(1, 1)},
     16384,
     .slow = true},
    {"1x1, 8192 pixels, 6 to 61", IN(2, 64, 64, 6), {FILTERS(61), SIZE(1, 1)}, 8192, .slow = true},
    {"1x1, 8192 pixels, 5 to 125",
     IN(1, 128, 64, 5),
     {FILTERS(125), SIZE(1, 1)},
     8192,
     .slow = true},
    {"1x1, 16384 pixels, 128 to 8",
     IN(1, 128, 128, 128),
     {FILTERS(8), SIZE(1, 1)},
     16384,
     .slow = true},
    {"1x1, 8192 pixels, 125 to 5",
     IN(1, 128, 64, 125),
     {FILTERS(5), SIZE(1, 1)},
     8192,
     .slow = true},
    {"1x1, 4 pixels, 2048 to 1024",
     IN(1, 2, 2, 2048),
     {FILTERS(1024), SIZE(1, 1)},
     2048,
     .slow = true},
    {"3x3 valid, 25 pixels, 128 to 1024", IN(1, 5, 5, 128), {FILTERS(1024)}, 9216, .slow = true},
    {"1x1, 9 pixels, 1021 to 1000",
     IN(1, 3, 3, 1021),
     {FILTERS(1000), SIZE(1, 1)},
     1021,
     .slow = true},
    {"3x3 valid, 25 pixels, 61 to 1000", IN(1, 5, 5, 61), {FILTERS(1000)}, 9000, .slow = true},
};

const struct check_table check_table_conv2d = {"conv2d", cases, sizeof cases / sizeof *cases};
