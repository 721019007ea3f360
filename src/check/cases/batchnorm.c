// Cases of batchnorm: with and without gamma and beta; sums over few and many rows; the moving
// statistics and the batch's, of which the last sample is padding.
#include "check/cases.h"

#define BATCH                                                                                      \
    {                                                                                              \
        "batch_statistics", {1}, 1                                                                 \
    }

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

    {.name = "batch: one element", .in = {{2, {1, 1}}}, .settings = {BATCH}},
    {.name = "batch: one row counts", .in = {{2, {2, 7}}}, .settings = {BATCH}},
    {.name = "batch: 1x1 maps", .in = {{4, {9, 1, 1, 5}}}, .settings = {BATCH}, .reduction = 8},
    {.name = "batch: of 1", .in = {{4, {1, 5, 3, 7}}}, .settings = {BATCH}, .reduction = 15},
    {.name = "batch: odd size", .in = {{4, {3, 5, 7, 11}}}, .settings = {BATCH}, .reduction = 70},
    {.name = "batch: rows", .in = {{2, {16, 10}}}, .settings = {BATCH}, .reduction = 15},
    {.name = "batch: one channel",
     .in = {{4, {4, 9, 9, 1}}},
     .settings = {BATCH},
     .reduction = 243},
    {.name = "batch: without scale",
     .in = {{4, {3, 5, 5, 6}}},
     .settings = {BATCH, {"scale", {0}, 1}},
     .reduction = 50},
    {.name = "batch: without center",
     .in = {{4, {3, 5, 5, 6}}},
     .settings = {BATCH, {"center", {0}, 1}},
     .reduction = 50},
    {.name = "batch: neither",
     .in = {{4, {3, 5, 5, 6}}},
     .settings = {BATCH, {"scale", {0}, 1}, {"center", {0}, 1}},
     .reduction = 50},
    {.name = "batch: momentum 0",
     .in = {{4, {3, 3, 3, 4}}},
     .settings = {BATCH, {"momentum", {0}, 1}, {"epsilon", {0.1}, 1}},
     .reduction = 18},
    {.name = "batch: large values",
     .in = {{4, {3, 7, 5, 4}}},
     .settings = {BATCH},
     .data = CHECK_LARGE,
     .reduction = 70},
    {.name = "batch: many rows",
     .in = {{4, {3, 57, 55, 32}}},
     .settings = {BATCH},
     .reduction = 6270},
};

const struct check_table check_table_batchnorm = {"batchnorm", cases, sizeof cases / sizeof *cases};
