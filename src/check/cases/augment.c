// Cases of augment: every filling, odd sizes, bytes that end within a word, all preprocessing. Rows
// differ in what is done to them: see fill_images of src/check/inputs.c.
#include "check/cases.h"

// (N, words of four bytes), (N, words of struct augment_image)
#define IMAGES(n, h, w)                                                                            \
    {                                                                                              \
        {2, {n, ((h) * (w)*3 - 1) / 4 + 1}},                                                       \
        {                                                                                          \
            2,                                                                                     \
            {                                                                                      \
                n, 16                                                                              \
            }                                                                                      \
        }                                                                                          \
    }
#define SIZE(h, w)                                                                                 \
    {                                                                                              \
        "size", {h, w}, 2                                                                          \
    }
#define WORD(name, word_)                                                                          \
    {                                                                                              \
        .field = name, .word = word_                                                               \
    }

static const struct check_case cases[] = {
    {.name = "nearest, 7x5", .in = IMAGES(9, 7, 5), .settings = {SIZE(7, 5)}},
    {.name = "constant 7.5, 5x8",
     .in = IMAGES(9, 5, 8),
     .settings = {SIZE(5, 8), WORD("fill_mode", "constant"), {"cval", {7.5}, 1}}},
    {.name = "reflect, 6x9",
     .in = IMAGES(9, 6, 9),
     .settings = {SIZE(6, 9), WORD("fill_mode", "reflect")}},
    {.name = "wrap, 9x6",
     .in = IMAGES(9, 9, 6),
     .settings = {SIZE(9, 6), WORD("fill_mode", "wrap")}},
    {.name = "shift, nearest, caffe, 13x11",
     .in = IMAGES(9, 13, 11),
     .settings = {SIZE(13, 11), WORD("preprocess", "caffe"), {"channel_shift", {1}, 1}}},
    {.name = "shift, constant 200, tf, 40x33",
     .in = IMAGES(5, 40, 33),
     .settings = {SIZE(40, 33),
                  WORD("preprocess", "tf"),
                  WORD("fill_mode", "constant"),
                  {"cval", {200}, 1},
                  {"channel_shift", {1}, 1}}},
    {.name = "shift, reflect, torch, 1x17",
     .in = IMAGES(7, 1, 17),
     .settings = {SIZE(1, 17),
                  WORD("preprocess", "torch"),
                  WORD("fill_mode", "reflect"),
                  {"channel_shift", {1}, 1}}},
    {.name = "shift, wrap, 17x1",
     .in = IMAGES(7, 17, 1),
     .settings = {SIZE(17, 1), WORD("fill_mode", "wrap"), {"channel_shift", {1}, 1}}},
    {.name = "1x1, wrap", .in = IMAGES(3, 1, 1), .settings = {WORD("fill_mode", "wrap")}},
    {.name = "batch 1, 32x32, tf",
     .in = IMAGES(1, 32, 32),
     .settings = {SIZE(32, 32), WORD("preprocess", "tf")}},
    {.name = "64x64, many groups",
     .in = IMAGES(16, 64, 64),
     .settings = {SIZE(64, 64), WORD("preprocess", "caffe"), {"channel_shift", {1}, 1}}},
};

const struct check_table check_table_augment = {"augment", cases, sizeof cases / sizeof *cases};
