// Fingerprints: against known values of MurmurHash3_x64_128, and that pieces and their order count.
#include "harness/harness.h"

#include "base/hash.h"

static void check(const char *text, uint64_t first, uint64_t second)
{
    const struct hash hash = hash_bytes((struct hash){{0}}, text, strlen(text));
    assert_int_equal(hash.half[0], first);
    assert_int_equal(hash.half[1], second);
}

static void test_known_values(void **state)
{
    (void)state;
    check("", 0, 0);
    check("hello", 0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19);
    check("hello, world", 0x342fac623a5ebc8e, 0x4cdcbc079642414d);
    check("The quick brown fox jumps over the lazy dog.", 0xcd99481f9ee902c9, 0x695da1a38987b6e7);
}

static void test_pieces(void **state)
{
    (void)state;
    const struct hash none = {{0}};
    const struct hash a = hash_text(none, "a"), b = hash_text(none, "b");
    assert_false(hash_equal(a, b));
    assert_true(hash_equal(hash_text(a, "b"), hash_text(hash_text(none, "a"), "b")));
    assert_false(hash_equal(hash_text(a, "b"), hash_text(b, "a")));
    assert_false(hash_equal(hash_text(a, "b"), hash_text(none, "ab")));
}

// Every bit of every length up to three blocks matters.
static void test_every_bit(void **state)
{
    (void)state;
    unsigned char bytes[48];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37);
    for (size_t size = 1; size <= sizeof bytes; size++) {
        const struct hash whole = hash_bytes((struct hash){{0}}, bytes, size);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_false(hash_equal(whole, hash_bytes((struct hash){{0}}, bytes, size)));
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        assert_false(hash_equal(whole, hash_bytes((struct hash){{0}}, bytes, size - 1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_every_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
