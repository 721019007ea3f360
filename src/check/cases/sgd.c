// Cases of sgd: momentum, nesterov, weight decay, clipping: the norm of all gradients is 0.87.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "one element", .in = {{1, {1}}}},
    {.name = "plain", .in = {{2, {3, 5}}}},
    {.name = "momentum", .in = {{4, {3, 3, 5, 7}}}, .settings = {{"momentum", {0.9}, 1}}},
    {.name = "nesterov",
     .in = {{4, {3, 3, 5, 7}}},
     .settings = {{"momentum", {0.9}, 1}, {"nesterov", {1}, 1}}},
    {.name = "weight decay", .in = {{2, {31, 17}}}, .settings = {{"weight_decay", {0.01}, 1}}},
    {.name = "rate factor",
     .in = {{2, {31, 17}}},
     .settings = {{"learning_rate_factor", {0.1}, 1}, {"weight_decay", {0.5}, 1}}},
    {.name = "clipped", .in = {{2, {31, 17}}, {1, {1}}}, .settings = {{"clip_norm", {0.1}, 1}}},
    {.name = "norm below the limit",
     .in = {{2, {31, 17}}, {1, {1}}},
     .settings = {{"clip_norm", {10}, 1}, {"momentum", {0.9}, 1}}},
    {.name = "all",
     .in = {{2, {31, 17}}, {1, {1}}},
     .settings = {{"momentum", {0.8}, 1},
                  {"nesterov", {1}, 1},
                  {"weight_decay", {0.1}, 1},
                  {"learning_rate_factor", {2}, 1},
                  {"clip_norm", {0.5}, 1}}},
    {.name = "scaled",
     .in = {{2, {31, 17}}, {1, {1}}},
     .settings = {{"loss_scaled", {1}, 1}, {"momentum", {0.9}, 1}}},
    {.name = "scaled, clipped",
     .in = {{2, {31, 17}}, {1, {1}}},
     .settings = {{"loss_scaled", {1}, 1}, {"clip_norm", {0.1}, 1}}},
    {.name = "many groups", .in = {{2, {1024, 100}}}, .settings = {{"momentum", {0.9}, 1}}},
    {.name = "gradients: zeros", .in = {{2, {31, 17}}}, .data = CHECK_ZEROS},
    {.name = "gradients: denormals", .in = {{2, {31, 17}}}, .data = CHECK_DENORMALS},
    {.name = "gradients: NaNs", .in = {{2, {31, 17}}}, .data = CHECK_NANS},
    {.name = "gradients: infinities", .in = {{2, {31, 17}}}, .data = CHECK_INFINITIES},
};

const struct check_table check_table_sgd = {"sgd", cases, sizeof cases / sizeof *cases};
