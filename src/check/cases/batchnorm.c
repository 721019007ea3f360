// Cases of batchnorm: with and without gamma and beta; sums over few and many rows.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{2, {1, 1}}}},
    {.name = "odd size", .in = {{4, {3, 5, 7, 11}}}},
    {.name = "rows", .in = {{2, {16, 10}}}},
    {.name = "without scale", .in = {{4, {2, 5, 5, 6}}}, .settings = {{"scale", {0}, 1}}},
    {.name = "without center", .in = {{4, {2, 5, 5, 6}}}, .settings = {{"center", {0}, 1}}},
    {.name = "neither",
     .in = {{4, {2, 5, 5, 6}}},
     .settings = {{"scale", {0}, 1}, {"center", {0}, 1}}},
    {.name = "epsilon 0.1", .in = {{4, {2, 3, 3, 4}}}, .settings = {{"epsilon", {0.1}, 1}}},
    {.name = "many rows", .in = {{4, {2, 57, 55, 32}}}, .reduction = 6270},
};

const struct check_table check_table_batchnorm = {"batchnorm", cases, sizeof cases / sizeof *cases};
