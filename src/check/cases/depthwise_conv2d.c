// Cases of depthwise_conv2d: kernels, strides, paddings, channels and multipliers.
#include "check/cases.h"

#define PADDING(word_)                                                                             \
    {                                                                                              \
        "padding", {0}, 0, word_                                                                   \
    }
#define SIZE(h, w)                                                                                 \
    {                                                                                              \
        "kernel_size", {h, w}, 2, NULL                                                             \
    }
#define STRIDES(h, w)                                                                              \
    {                                                                                              \
        "strides", {h, w}, 2, NULL                                                                 \
    }
#define MULTIPLIER(count_)                                                                         \
    {                                                                                              \
        "depth_multiplier", {count_}, 1, NULL                                                      \
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
    {"one cell, one channel", IN(1, 1, 1, 1), {SIZE(1, 1)}, 1},
    {"1x1, multiplier 3", IN(2, 3, 5, 7), {SIZE(1, 1), MULTIPLIER(3), NO_BIAS}, 30},
    {"3x3 valid", IN(1, 7, 9, 5), {RELU}, 35},
    {"3x3 same", IN(2, 5, 6, 8), {PADDING("same"), RELU}, 60},
    {"3x3 same stride 2, even", IN(2, 8, 10, 6), {PADDING("same"), STRIDES(2, 2)}, 40},
    {"3x3 same stride 2, odd", IN(1, 9, 7, 16), {PADDING("same"), STRIDES(2, 2), NO_BIAS}, 20},
    {"3x3 valid stride 2 x 3", IN(2, 11, 13, 4), {STRIDES(2, 3), RELU}, 40},
    {"2x2 stride 5, cells unseen", IN(1, 12, 17, 3), {SIZE(2, 2), STRIDES(5, 5)}, 12},
    {"5x4 same, multiplier 2", IN(1, 6, 7, 3), {SIZE(5, 4), PADDING("same"), MULTIPLIER(2)}, 42},
    {"kernel larger than the image", IN(1, 2, 3, 9), {SIZE(7, 7), PADDING("same"), RELU}, 49},
    {"3x3 same relu6", IN(2, 5, 9, 24), {PADDING("same"), RELU6}, 90},
    {"3x3 valid stride 2, zeros around",
     IN(2, 6, 7, 5),
     {STRIDES(2, 2), {"zero_padding", {0, 1, 2, 3}, 4}},
     63},
    {"relu, taken", IN(2, 5, 9, 4), {PADDING("same"), RELU}, 90, .activation_taken = true},
    {"mobilenet stride 1", IN(2, 14, 14, 72), {PADDING("same"), NO_BIAS}, 392},
    {"mobilenet stride 2", IN(2, 28, 28, 40), {PADDING("same"), STRIDES(2, 2), NO_BIAS}, 392},
    {"dw in many parts", IN(3, 33, 37, 2), {PADDING("same"), RELU}, 3663},
    {"zeros", IN(2, 5, 7, 6), {PADDING("same"), RELU}, 70, CHECK_ZEROS},
    {"denormals", IN(2, 5, 7, 6), {PADDING("same")}, 70, CHECK_DENORMALS},
    {"NaNs", IN(2, 5, 7, 6), {PADDING("same")}, 70, CHECK_NANS},
    {"infinities", IN(2, 5, 7, 6), {STRIDES(2, 2)}, 70, CHECK_INFINITIES},
};

const struct check_table check_table_depthwise_conv2d = {"depthwise_conv2d", cases,
                                                         sizeof cases / sizeof *cases};
