// Cases of dropout: rates, and counts that four does not divide.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{2, {1, 1}}}},
    {.name = "rate 0", .in = {{2, {3, 7}}}, .settings = {{"rate", {0}, 1}}},
    {.name = "rate 0.5, odd size", .in = {{4, {3, 5, 7, 11}}}},
    {.name = "rate 0.2", .in = {{2, {16, 256}}}, .settings = {{"rate", {0.2}, 1}}},
    {.name = "rate 0.9, many groups",
     .in = {{4, {2, 33, 31, 64}}},
     .settings = {{"rate", {0.9}, 1}}},
    {.name = "zeros", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_ZEROS},
    {.name = "denormals", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_DENORMALS},
    {.name = "NaNs", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_NANS},
    {.name = "infinities", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_INFINITIES},
};

const struct check_table check_table_dropout = {"dropout", cases, sizeof cases / sizeof *cases};
