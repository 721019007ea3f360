// Cases of softmax: rows short and long, values that overflow unless care is taken.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one column", .in = {{2, {3, 1}}}},
    {.name = "5 classes", .in = {{2, {4, 5}}}},
    {.name = "odd, several parts", .in = {{2, {7, 131}}}},
    {.name = "1000 classes", .in = {{2, {16, 1000}}}},
    {.name = "large values", .in = {{2, {5, 37}}}, .data = CHECK_LARGE},
    {.name = "large values, several parts", .in = {{2, {3, 1000}}}, .data = CHECK_LARGE},
    {.name = "equal values", .in = {{2, {4, 40}}}, .data = CHECK_TIES},
    {.name = "image", .in = {{4, {2, 3, 5, 7}}}},
    {.name = "zeros", .in = {{2, {9, 37}}}, .data = CHECK_ZEROS},
    {.name = "denormals", .in = {{2, {9, 37}}}, .data = CHECK_DENORMALS},
    {.name = "saturated", .in = {{2, {9, 37}}}, .data = CHECK_SATURATED},
    {.name = "huge values", .in = {{2, {9, 37}}}, .data = CHECK_HUGE},
    {.name = "NaNs", .in = {{2, {9, 37}}}, .data = CHECK_NANS},
    {.name = "infinities", .in = {{2, {9, 37}}}, .data = CHECK_INFINITIES},
    {.name = "saturated, several parts",
     .in = {{2, {9, 1000}}},
     .data = CHECK_SATURATED,
     .reduction = 1000},
    {.name = "NaNs, several parts", .in = {{2, {9, 1000}}}, .data = CHECK_NANS},
    {.name = "infinities, several parts", .in = {{2, {9, 1000}}}, .data = CHECK_INFINITIES},
};

const struct check_table check_table_softmax = {"softmax", cases, sizeof cases / sizeof *cases};
