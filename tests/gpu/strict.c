// Strict versions of shaders: of every module, nothing is fused any more, every operation on floats
// is told not to be, and spirv-val takes it.
#include "harness/harness.h"
#include "harness/temporary.h"

#include <stdio.h>
#include <stdlib.h>

#include "gpu/device.h"
#include "shaders.h"

enum { HEADER = 5, EXT_INST = 12, FMA = 50, DECORATE = 71, NO_CONTRACTION = 42 };
enum { F_NEGATE = 127, F_ADD = 129, F_SUB = 131, F_MUL = 133, F_DIV = 136, DOT = 148 };

struct counts {
    uint32_t fused, operations, decorated;
};

static bool is_operation(uint32_t number)
{
    return number == F_NEGATE || number == F_ADD || number == F_SUB || number == F_MUL ||
           (number >= F_DIV && number <= DOT);
}

static struct counts count(const uint32_t *words, uint32_t size)
{
    struct counts counts = {0, 0, 0};
    for (uint32_t i = HEADER; i < size / 4; i += words[i] >> 16) {
        const uint32_t number = words[i] & 0xffff;
        assert_int_not_equal(words[i] >> 16, 0);
        counts.fused += number == EXT_INST && words[i + 4] == FMA;
        counts.operations += is_operation(number);
        counts.decorated += number == DECORATE && words[i + 2] == NO_CONTRACTION;
        if (is_operation(number))
            assert_true(words[i + 2] < words[3]); // the bound of what there is
    }
    return counts;
}

// Cooperative matrices are no part of strict mode, and the system's spirv-val may not know them.
static bool is_strict_ever(const struct spirv *spirv)
{
    return spirv->size[0] > 0 && !strstr(spirv->name, "matrices");
}

static void test_every_module(void **state)
{
    (void)state;
    uint32_t fused = 0, modules = 0;
    for (const struct spirv *const *spirv = spirv_all; *spirv; spirv++) {
        for (int form = 0; form < 2 && is_strict_ever(*spirv); form++) {
            uint32_t *made = NULL, size = 0;
            assert_int_equal(
                strict_shader((*spirv)->words[form], (*spirv)->size[form], form == 0, &made, &size),
                VKTL_OK);
            const struct counts before = count((*spirv)->words[form], (*spirv)->size[form]);
            const struct counts after = count(made, size);
            assert_int_equal(after.fused, 0);
            assert_int_equal(after.operations, before.operations + 2 * before.fused);
            // Some are decorated twice: the shader said so itself.
            assert_int_equal(after.decorated, before.decorated + after.operations);
            fused += before.fused;
            modules++;
            free(made);
        }
    }
    assert_true(modules > 100);
    assert_true(fused > 1000); // or the test would see nothing
}

static void test_valid(void **state)
{
    (void)state;
    struct temporary folder;
    char command[TEMPORARY_PATH_SIZE + 128];
    if (system("command -v spirv-val >/dev/null") != 0)
        skip();
    temporary_create(&folder);
    for (const struct spirv *const *spirv = spirv_all; *spirv; spirv++) {
        const int form = (spirv - spirv_all) % 2;
        uint32_t *made = NULL, size = 0;
        if (!is_strict_ever(*spirv))
            continue;
        strict_shader((*spirv)->words[form], (*spirv)->size[form], true, &made, &size);
        temporary_write(&folder, "strict.spv", made, size);
        snprintf(command, sizeof command,
                 "spirv-val --target-env vulkan1.2 --scalar-block-layout '%s'",
                 temporary_path(&folder, "strict.spv"));
        if (system(command) != 0)
            fail_msg("%s: spirv-val does not take its strict version", (*spirv)->name);
        free(made);
    }
    temporary_destroy(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_module),
                                       cmocka_unit_test(test_valid)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
