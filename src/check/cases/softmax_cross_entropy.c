// Cases of softmax_cross_entropy: rows short and long, smoothed targets, weights of the classes;
// the last row of a batch is padding.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one column", .in = {{2, {3, 1}}, {1, {3}}}},
    {.name = "one row", .in = {{2, {1, 5}}, {1, {1}}}},
    {.name = "5 classes", .in = {{2, {4, 5}}, {1, {4}}}},
    {.name = "odd, several parts", .in = {{2, {7, 131}}, {1, {7}}}},
    {.name = "1000 classes", .in = {{2, {16, 1000}}, {1, {16}}}},
    {.name = "large values", .in = {{2, {5, 37}}, {1, {5}}}, .data = CHECK_LARGE},
    {.name = "large values, several parts", .in = {{2, {3, 1000}}, {1, {3}}}, .data = CHECK_LARGE},
    {.name = "ties", .in = {{2, {9, 40}}, {1, {9}}}, .data = CHECK_TIES},
    {.name = "smoothed, one column",
     .in = {{2, {3, 1}}, {1, {3}}},
     .settings = {{"label_smoothing", {0.25}, 1}}},
    {.name = "smoothed, 5 classes",
     .in = {{2, {4, 5}}, {1, {4}}},
     .settings = {{"label_smoothing", {0.1}, 1}}},
    {.name = "smoothed, several parts",
     .in = {{2, {7, 131}}, {1, {7}}},
     .settings = {{"label_smoothing", {0.3}, 1}}},
    {.name = "smoothed altogether",
     .in = {{2, {4, 5}}, {1, {4}}},
     .settings = {{"label_smoothing", {1}, 1}}},
    {.name = "smoothed, large values",
     .in = {{2, {5, 37}}, {1, {5}}},
     .settings = {{"label_smoothing", {0.1}, 1}},
     .data = CHECK_LARGE},
    {.name = "weighted, 5 classes",
     .in = {{2, {4, 5}}, {1, {4}}},
     .settings = {{"weighted", {1}, 1}}},
    {.name = "weighted, one row",
     .in = {{2, {1, 7}}, {1, {1}}},
     .settings = {{"weighted", {1}, 1}}},
    {.name = "smoothed and weighted, 1000 classes",
     .in = {{2, {16, 1000}}, {1, {16}}},
     .settings = {{"label_smoothing", {0.1}, 1}, {"weighted", {1}, 1}}},
};

const struct check_table check_table_softmax_cross_entropy = {"softmax_cross_entropy", cases,
                                                              sizeof cases / sizeof *cases};
