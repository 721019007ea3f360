// Cases of accuracy: rows short and long; the last row of a batch is padding.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one column", .in = {{2, {3, 1}}, {1, {3}}}},
    {.name = "one row", .in = {{2, {1, 5}}, {1, {1}}}},
    {.name = "5 classes", .in = {{2, {4, 5}}, {1, {4}}}},
    {.name = "odd, several parts", .in = {{2, {7, 131}}, {1, {7}}}},
    {.name = "1000 classes", .in = {{2, {16, 1000}}, {1, {16}}}},
    {.name = "large values", .in = {{2, {5, 37}}, {1, {5}}}, .data = CHECK_LARGE},
    {.name = "large values, several parts", .in = {{2, {3, 1000}}, {1, {3}}}, .data = CHECK_LARGE},
    {.name = "ties", .in = {{2, {9, 40}}, {1, {9}}}, .data = CHECK_TIES},
    {.name = "ties, two classes", .in = {{2, {30, 2}}, {1, {30}}}, .data = CHECK_TIES},
    {.name = "NaNs", .in = {{2, {20, 3}}, {1, {20}}}, .data = CHECK_NANS},
    {.name = "zeros", .in = {{2, {9, 37}}, {1, {9}}}, .data = CHECK_ZEROS},
    {.name = "saturated", .in = {{2, {9, 37}}, {1, {9}}}, .data = CHECK_SATURATED},
    {.name = "huge values", .in = {{2, {9, 37}}, {1, {9}}}, .data = CHECK_HUGE},
    {.name = "infinities", .in = {{2, {9, 37}}, {1, {9}}}, .data = CHECK_INFINITIES},
};

const struct check_table check_table_accuracy = {"accuracy", cases, sizeof cases / sizeof *cases};
