// Cases of add: nothing but sizes.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{2, {1, 1}}, {2, {1, 1}}}},
    {.name = "odd size", .in = {{4, {3, 5, 7, 11}}, {4, {3, 5, 7, 11}}}},
    {.name = "many groups", .in = {{4, {2, 33, 31, 64}}, {4, {2, 33, 31, 64}}}},
    {.name = "zeros", .in = {{4, {2, 5, 7, 6}}, {4, {2, 5, 7, 6}}}, .data = CHECK_ZEROS},
    {.name = "denormals", .in = {{4, {2, 5, 7, 6}}, {4, {2, 5, 7, 6}}}, .data = CHECK_DENORMALS},
    {.name = "NaNs", .in = {{4, {2, 5, 7, 6}}, {4, {2, 5, 7, 6}}}, .data = CHECK_NANS},
    {.name = "infinities", .in = {{4, {2, 5, 7, 6}}, {4, {2, 5, 7, 6}}}, .data = CHECK_INFINITIES},
    {.name = "huge values", .in = {{4, {2, 5, 7, 6}}, {4, {2, 5, 7, 6}}}, .data = CHECK_HUGE},
};

const struct check_table check_table_add = {"add", cases, sizeof cases / sizeof *cases};
