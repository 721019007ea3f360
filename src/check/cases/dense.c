// Cases of dense: batches, inputs and units at and around what the kernels tile and split by.
#include "check/cases.h"

#define UNITS(count_)                                                                              \
    {                                                                                              \
        "units", {count_}, 1, NULL                                                                 \
    }
#define RELU                                                                                       \
    {                                                                                              \
        "activation", {0}, 0, "relu"                                                               \
    }
#define RELU6                                                                                      \
    {                                                                                              \
        "activation", {0}, 0, "relu6"                                                              \
    }
#define NO_BIAS                                                                                    \
    {                                                                                              \
        "use_bias", {0}, 1, NULL                                                                   \
    }
#define IN(n, k)                                                                                   \
    {                                                                                              \
        {                                                                                          \
            2,                                                                                     \
            {                                                                                      \
                n, k                                                                               \
            }                                                                                      \
        }                                                                                          \
    }

static const struct check_case cases[] = {
    {"one by one", IN(1, 1), {UNITS(1)}, 1},
    {"one row, 3 to 5", IN(1, 3), {UNITS(5), RELU}, 5},
    {"one row, 100 to 37", IN(1, 100), {UNITS(37)}, 100},
    {"4 rows, 64 to 32", IN(4, 64), {UNITS(32), RELU}, 64},
    {"5 rows, 65 to 33, no bias", IN(5, 65), {UNITS(33), NO_BIAS}, 65},
    {"16 rows, 128 to 64", IN(16, 128), {UNITS(64), RELU}, 128},
    {"17 rows, 31 to 129", IN(17, 31), {UNITS(129)}, 129},
    {"12 rows, 48 to 40, relu6", IN(12, 48), {UNITS(40), RELU6}, 48},
    {"relu, taken", IN(5, 48), {UNITS(20), RELU}, 48, .activation_taken = true},
    {"33 rows, 7 to 3", IN(33, 7), {UNITS(3), RELU}, 33},
    {"150 rows, 20 to 10", IN(150, 20), {UNITS(10)}, 150},
    {"head, sums in parts", IN(3, 3001), {UNITS(5), RELU}, 3001},
    {"sums in parts, no bias", IN(18, 1025), {UNITS(67), NO_BIAS}, 1025},
    {"gradient's sums in parts", IN(9, 70), {UNITS(1030), RELU}, 1030},
    {"zeros", IN(9, 33), {UNITS(18), RELU}, 33, CHECK_ZEROS},
    {"denormals", IN(9, 33), {UNITS(18)}, 33, CHECK_DENORMALS},
    {"NaNs", IN(9, 33), {UNITS(18)}, 33, CHECK_NANS},
    {"infinities", IN(9, 33), {UNITS(18)}, 33, CHECK_INFINITIES},

    // Few sums, but so many results that a GPU takes each of its tiles: see tests/check/tiles.c.
    {"1024 rows, 8 to 2048", IN(1024, 8), {UNITS(2048)}, 2048, .slow = true},
    {"510 rows, 7 to 1021", IN(510, 7), {UNITS(1021)}, 1021, .slow = true},
    {"1021 rows, 6 to 1000", IN(1021, 6), {UNITS(1000)}, 1021, .slow = true},
    {"1020 rows, 2045 to 6", IN(1020, 2045), {UNITS(6)}, 2045, .slow = true},
    {"510 rows, 1021 to 7", IN(510, 1021), {UNITS(7)}, 1021, .slow = true},
    {"1021 rows, 1000 to 6", IN(1021, 1000), {UNITS(6)}, 1021, .slow = true},
    {"4 rows, 1024 to 2048", IN(4, 1024), {UNITS(2048)}, 2048, .slow = true},
    {"3 rows, 510 to 1021", IN(3, 510), {UNITS(1021)}, 1021, .slow = true},
    {"3 rows, 1021 to 1000", IN(3, 1021), {UNITS(1000)}, 1021, .slow = true},
};

const struct check_table check_table_dense = {"dense", cases, sizeof cases / sizeof *cases};
