// Cases of sum_squares: one part and many, one tensor and two.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{1, {1}}}},
    {.name = "odd", .in = {{2, {7, 9}}}},
    {.name = "several parts", .in = {{4, {3, 3, 13, 31}}}, .reduction = 3627},
    {.name = "two tensors", .in = {{4, {3, 3, 5, 7}}, {1, {7}}}, .reduction = 322},
    {.name = "parts of parts", .in = {{2, {1025, 1023}}, {2, {300, 700}}}, .reduction = 1258575},
    {.name = "zeros", .in = {{2, {7, 9}}}, .data = CHECK_ZEROS},
    {.name = "denormals", .in = {{2, {7, 9}}}, .data = CHECK_DENORMALS},
    {.name = "NaNs", .in = {{2, {7, 9}}}, .data = CHECK_NANS},
    {.name = "infinities", .in = {{2, {7, 9}}}, .data = CHECK_INFINITIES},
};

const struct check_table check_table_sum_squares = {"sum_squares", cases,
                                                    sizeof cases / sizeof *cases};
