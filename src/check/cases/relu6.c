// Cases of relu6: nothing but sizes and data.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{2, {1, 1}}}},
    {.name = "odd size", .in = {{4, {3, 5, 7, 11}}}},
    {.name = "many groups", .in = {{4, {2, 33, 31, 64}}}},
    {.name = "zeros and sixes", .in = {{4, {2, 5, 5, 3}}}, .data = CHECK_TIES},
    {.name = "large", .in = {{4, {3, 5, 7, 11}}}, .data = CHECK_LARGE},
    {.name = "NaNs", .in = {{4, {2, 5, 5, 3}}}, .data = CHECK_NANS},
    {.name = "denormals", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_DENORMALS, .forward_only = true},
    {.name = "infinities", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_INFINITIES},
    {.name = "huge values", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_HUGE},
};

const struct check_table check_table_relu6 = {"relu6", cases, sizeof cases / sizeof *cases};
