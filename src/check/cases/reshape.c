// Cases of reshape: nothing runs; shapes alone.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "3 axes", .in = {{4, {2, 1, 1, 24}}}, .settings = {{"target_shape", {2, 3, 4}, 3}}},
    {.name = "the rest", .in = {{3, {2, 4, 6}}}, .settings = {{"target_shape", {3, -1}, 2}}},
};

const struct check_table check_table_reshape = {"reshape", cases, sizeof cases / sizeof *cases};
