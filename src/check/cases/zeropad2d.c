// Cases of zeropad2d: sides.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "1 all around", .in = {{4, {2, 4, 5, 3}}}},
    {.name = "0", .in = {{4, {2, 3, 3, 2}}}, .settings = {{"padding", {0}, 1}}},
    {.name = "2 and 3", .in = {{4, {1, 5, 4, 3}}}, .settings = {{"padding", {2, 3}, 2}}},
    {.name = "0 1 0 1, as MobileNet",
     .in = {{4, {2, 7, 7, 8}}},
     .settings = {{"padding", {0, 1, 0, 1}, 4}}},
    {.name = "1 2 3 4", .in = {{4, {2, 3, 5, 7}}}, .settings = {{"padding", {1, 2, 3, 4}, 4}}},
    {.name = "1x1", .in = {{4, {1, 1, 1, 1}}}, .settings = {{"padding", {3}, 1}}},
    {.name = "many groups", .in = {{4, {2, 32, 31, 33}}}},
    {.name = "denormals", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_DENORMALS},
    {.name = "NaNs", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_NANS},
    {.name = "infinities", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_INFINITIES},
};

const struct check_table check_table_zeropad2d = {"zeropad2d", cases, sizeof cases / sizeof *cases};
