// Cases of global_maxpool: images small, and large enough for two passes; ties share.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "1x1", .in = {{4, {3, 1, 1, 5}}}},
    {.name = "one element", .in = {{4, {1, 1, 1, 1}}}},
    {.name = "odd image", .in = {{4, {2, 7, 5, 3}}}},
    {.name = "7x7x512", .in = {{4, {2, 7, 7, 512}}}},
    {.name = "keepdims", .in = {{4, {2, 4, 3, 8}}}, .settings = {{"keepdims", {1}, 1}}},
    {.name = "two passes", .in = {{4, {2, 45, 47, 3}}}},
    {.name = "two passes, many parts", .in = {{4, {1, 150, 149, 2}}}},
    {.name = "ties", .in = {{4, {2, 6, 6, 4}}}, .data = CHECK_TIES},
    {.name = "ties, two passes", .in = {{4, {1, 45, 47, 3}}}, .data = CHECK_TIES},
    {.name = "NaNs", .in = {{4, {3, 5, 5, 4}}}, .data = CHECK_NANS},
    {.name = "zeros", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_ZEROS},
    {.name = "denormals", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_DENORMALS, .forward_only = true},
    {.name = "infinities", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_INFINITIES},
    {.name = "huge values", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_HUGE},
};

const struct check_table check_table_global_maxpool = {"global_maxpool", cases,
                                                       sizeof cases / sizeof *cases};
