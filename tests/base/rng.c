// Random numbers: the known answers of Random123, and properties that everything else rests on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/rng.h"

// Random123 1.14, examples/kat_vectors.
static void philox_gives_the_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t out[4];
        philox4x32(out, rows[i].counter, rows[i].key);
        assert_memory_equal(out, rows[i].out, sizeof out);
    }
}

// Pins the convention that shaders share: which argument goes into which word.
static void bits_follow_the_convention(void **state)
{
    (void)state;
    const uint64_t seed = 0x299f31d0a4093822, element = 0x0370734413198a2e;
    uint32_t out[4];
    philox4x32(out, (const uint32_t[]){RNG_DROPOUT, 0x85a308d3, 0x13198a2e, 0x03707344},
               (const uint32_t[]){0xa4093822, 0x299f31d0});
    assert_int_equal(rng_bits(seed, RNG_DROPOUT, 0x85a308d3, element), out[0]);
}

static void uniform_stays_below_one_and_fills_the_range(void **state)
{
    (void)state;
    enum { COUNT = 100000, BINS = 16 };
    unsigned bins[BINS] = {0};
    double sum = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        float x = rng_uniform(7, RNG_INIT, 3, i);
        assert_true(x >= 0 && x < 1);
        bins[(int)(x * BINS)]++;
        sum += (double)x;
    }
    assert_true(sum / COUNT > 0.495 && sum / COUNT < 0.505);
    for (int i = 0; i < BINS; i++) // five standard deviations are 383
        assert_in_range(bins[i], COUNT / BINS - 383, COUNT / BINS + 383);
}

static void shuffle_is_a_permutation_that_depends_on_seed_and_epoch(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static uint32_t index[4][COUNT];
    static const struct {
        uint64_t seed;
        uint32_t epoch;
    } rows[4] = {{1, 0}, {1, 0}, {1, 1}, {2, 0}};
    for (int row = 0; row < 4; row++) {
        static char seen[COUNT];
        memset(seen, 0, sizeof seen);
        for (uint32_t i = 0; i < COUNT; i++)
            index[row][i] = i;
        rng_shuffle(index[row], COUNT, rows[row].seed, rows[row].epoch);
        for (uint32_t i = 0; i < COUNT; i++) {
            assert_in_range(index[row][i], 0, COUNT - 1);
            assert_false(seen[index[row][i]]++);
        }
    }
    assert_memory_equal(index[0], index[1], sizeof index[0]);
    assert_memory_not_equal(index[0], index[2], sizeof index[0]);
    assert_memory_not_equal(index[0], index[3], sizeof index[0]);
}

// All 24 orders of four come up equally often.
static void shuffle_is_fair(void **state)
{
    (void)state;
    enum { ROUNDS = 24000 };
    unsigned counts[256] = {0};
    for (uint32_t epoch = 0; epoch < ROUNDS; epoch++) {
        uint32_t index[4] = {0, 1, 2, 3};
        rng_shuffle(index, 4, 5, epoch);
        counts[index[0] << 6 | index[1] << 4 | index[2] << 2 | index[3]]++;
    }
    unsigned kinds = 0;
    for (int i = 0; i < 256; i++) {
        kinds += counts[i] > 0;
        if (counts[i]) // five standard deviations are 155
            assert_in_range(counts[i], 1000 - 155, 1000 + 155);
    }
    assert_int_equal(kinds, 24);
}

static void shuffle_takes_none_and_one(void **state)
{
    (void)state;
    uint32_t one = 9;
    rng_shuffle(NULL, 0, 1, 1);
    rng_shuffle(&one, 1, 1, 1);
    assert_int_equal(one, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(bits_follow_the_convention),
        cmocka_unit_test(uniform_stays_below_one_and_fills_the_range),
        cmocka_unit_test(shuffle_is_a_permutation_that_depends_on_seed_and_epoch),
        cmocka_unit_test(shuffle_is_fair),
        cmocka_unit_test(shuffle_takes_none_and_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
