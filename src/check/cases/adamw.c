// Cases of adamw: what it does beyond adam, whose kernel it has: decay by default.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{1, {1}}}},
    {.name = "decay as it is", .in = {{2, {31, 17}}}},
    {.name = "decay 0.5, clipped",
     .in = {{2, {31, 17}}, {1, {1}}},
     .settings = {{"weight_decay", {0.5}, 1}, {"clip_norm", {0.1}, 1}}},
};

const struct check_table check_table_adamw = {"adamw", cases, sizeof cases / sizeof *cases};
