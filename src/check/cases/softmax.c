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
};

const struct check_table check_table_softmax = {"softmax", cases, sizeof cases / sizeof *cases};
