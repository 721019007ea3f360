// Cases of flatten: nothing runs; shapes alone.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "image", .in = {{4, {3, 5, 7, 11}}}},
    {.name = "rows", .in = {{2, {4, 6}}}},
};

const struct check_table check_table_flatten = {"flatten", cases, sizeof cases / sizeof *cases};
