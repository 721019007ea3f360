// Packing of slices by lifetime: nothing that lives together overlaps, what does not may share.
#include "harness/harness.h"

#include "base/rng.h"
#include "gpu/memory.h"
#include "gpu/pack.h"

static void test_sharing(void **state)
{
    (void)state;
    struct request requests[3] = {{1000, 0, 1, {0}}, {1000, 2, 3, {0}}, {1000, 1, 2, {0}}};
    uint32_t chunk_of[3];
    assert_int_equal(pool_pack(requests, 3, 1 << 20, chunk_of), 2048);
    assert_int_equal(requests[0].slice.offset, requests[1].slice.offset);
    assert_int_not_equal(requests[0].slice.offset, requests[2].slice.offset);
}

static void test_random_sets(void **state)
{
    (void)state;
    enum { COUNT = 120 };
    struct request requests[COUNT];
    uint32_t chunk_of[COUNT];
    for (uint64_t round = 0; round < 20; round++) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            const uint32_t first = (uint32_t)(rng_uniform(round, 0, 0, i) * 50);
            const uint32_t length = (uint32_t)(rng_uniform(round, 0, 1, i) * 5);
            const uint64_t size = 1 + (uint64_t)(rng_uniform(round, 0, 2, i) * 20000);
            requests[i] = (struct request){.size = size, .first = first, .last = first + length};
            sum += pack_align(size);
        }
        const uint64_t total = pool_pack(requests, COUNT, 32768, chunk_of);
        assert_true(total < sum);
        for (uint32_t i = 0; i < COUNT; i++) {
            assert_int_equal(requests[i].slice.offset % PACK_ALIGNMENT, 0);
            assert_true(requests[i].slice.offset + requests[i].size <= 32768);
            for (uint32_t j = 0; j < i; j++) {
                const struct request *a = &requests[i], *b = &requests[j];
                const int together =
                    chunk_of[i] == chunk_of[j] && a->first <= b->last && b->first <= a->last;
                assert_true(!together || a->slice.offset + a->size <= b->slice.offset ||
                            b->slice.offset + b->size <= a->slice.offset);
            }
        }
    }
}

static void test_too_large(void **state)
{
    (void)state;
    struct request request = {.size = 5000};
    uint32_t chunk_of;
    assert_true(pool_pack(&request, 1, 4096, &chunk_of) == PACK_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_random_sets),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
