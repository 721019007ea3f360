// Cases of add: nothing but sizes.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{2, {1, 1}}, {2, {1, 1}}}},
    {.name = "odd size", .in = {{4, {3, 5, 7, 11}}, {4, {3, 5, 7, 11}}}},
    {.name = "many groups", .in = {{4, {2, 33, 31, 64}}, {4, {2, 33, 31, 64}}}},
};

const struct check_table check_table_add = {"add", cases, sizeof cases / sizeof *cases};
