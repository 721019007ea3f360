// SHA-256 against the examples of FIPS 180-2, and that a digest goes on after it was told.
#include "harness/harness.h"

#include "base/digest.h"

static void check(const char *text, const char *expected)
{
    char found[DIGEST_TEXT_SIZE];
    struct digest digest = digest_begin();
    digest_add(&digest, text, strlen(text));
    digest_text(&digest, found);
    assert_string_equal(found, expected);
}

static void test_known_values(void **state)
{
    (void)state;
    check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_goes_on(void **state)
{
    (void)state;
    char text[DIGEST_TEXT_SIZE], whole[DIGEST_TEXT_SIZE];
    struct digest digest = digest_begin();
    digest_add(&digest, "a", 1);
    const struct digest copy = digest;
    digest_text(&digest, text);
    digest_add(&digest, "bc", 2);
    digest_text(&digest, whole);
    assert_string_equal(whole, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_text(&copy, whole);
    assert_string_equal(whole, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_values),
                                       cmocka_unit_test(test_goes_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
