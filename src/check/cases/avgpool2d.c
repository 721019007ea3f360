// Cases of avgpool2d: windows, strides and paddings; padding is not counted.
#include "check/cases.h"

static const struct check_case cases[] = {
    {.name = "2x2, 4x4", .in = {{4, {1, 4, 4, 1}}}},
    {.name = "2x2, odd image", .in = {{4, {2, 7, 5, 3}}}},
    {.name = "1x1", .in = {{4, {2, 3, 4, 5}}}, .settings = {{"pool_size", {1}, 1}}},
    {.name = "2x2 same, odd image",
     .in = {{4, {2, 7, 5, 3}}},
     .settings = {{"padding", .word = "same"}}},
    {.name = "3x3 stride 1, overlapping",
     .in = {{4, {2, 7, 6, 4}}},
     .settings = {{"pool_size", {3}, 1}, {"strides", {1}, 1}}},
    {.name = "3x3 stride 2 same",
     .in = {{4, {1, 8, 9, 5}}},
     .settings = {{"pool_size", {3}, 1}, {"strides", {2}, 1}, {"padding", .word = "same"}}},
    {.name = "3x3 stride 1 same",
     .in = {{4, {2, 5, 7, 3}}},
     .settings = {{"pool_size", {3}, 1}, {"strides", {1}, 1}, {"padding", .word = "same"}}},
    {.name = "2x2 stride 3, cells left out",
     .in = {{4, {2, 11, 10, 3}}},
     .settings = {{"pool_size", {2}, 1}, {"strides", {3}, 1}}},
    {.name = "3x2 stride 1x2",
     .in = {{4, {2, 6, 7, 3}}},
     .settings = {{"pool_size", {3, 2}, 2}, {"strides", {1, 2}, 2}}},
    {.name = "window of the whole image",
     .in = {{4, {3, 7, 5, 4}}},
     .settings = {{"pool_size", {7, 5}, 2}}},
    {.name = "window larger than the image, same",
     .in = {{4, {1, 3, 3, 2}}},
     .settings = {{"pool_size", {5}, 1}, {"strides", {1}, 1}, {"padding", .word = "same"}}},
    {.name = "many groups", .in = {{4, {2, 32, 32, 64}}}},
    {.name = "zeros", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_ZEROS},
    {.name = "denormals", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_DENORMALS},
    {.name = "NaNs", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_NANS},
    {.name = "infinities", .in = {{4, {2, 5, 7, 6}}}, .data = CHECK_INFINITIES},
};

const struct check_table check_table_avgpool2d = {"avgpool2d", cases, sizeof cases / sizeof *cases};
