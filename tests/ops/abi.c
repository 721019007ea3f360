// What each embedded shader says of its buffers and push constants, against what its operator
// declares in `struct kernel`: a wrong table cannot pass.
#include "harness/harness.h"

#include <stdio.h>

#include "abi/sgd.h"
#include "harness/spirv_interface.h"
#include "gpu/peak.h"
#include "ops/op.h"
#include "shaders.h"

static enum access access_of(const struct spirv_interface *interface, uint32_t number)
{
    if (!interface->used[number])
        return ACCESS_NONE;
    assert_false(interface->read_only[number] && interface->write_only[number]);
    if (interface->read_only[number])
        return ACCESS_READ;
    return interface->write_only[number] ? ACCESS_WRITE : ACCESS_READ_WRITE;
}

static void check_kernel(const struct kernel *kernel, bool by_address)
{
    const struct spirv *spirv = kernel->spirv;
    struct spirv_interface interface;
    uint32_t count = 0;
    spirv_read_interface(spirv->words[by_address], spirv->size[by_address], &interface);
    for (uint32_t i = 0; i < SPIRV_MAX_BUFFERS; i++) {
        const enum access declared = i < KERNEL_MAX_BUFFERS ? kernel->access[i] : ACCESS_NONE;
        const enum access found = access_of(&interface, i);
        if (declared != found)
            fail_msg("%s (%s): buffer %u is declared %d, the shader says %d", spirv->name,
                     by_address ? "address" : "storage", i, declared, found);
        count += declared != ACCESS_NONE;
    }
    assert_int_equal(interface.push_size, kernel->push_size);
    assert_int_equal(interface.address_count, by_address ? count : 0);
    assert_int_equal(interface.push_offset, by_address ? 8 * count : 0);
    assert_true(8 * count + kernel->push_size <= KERNEL_MAX_PUSH_SIZE);
}

static void each_kernel(void (*visit)(const struct kernel *kernel, void *user), void *user)
{
    for (uint32_t i = 0; i < op_count(); i++)
        for (const struct kernel *const *k = op_at(i)->kernels; k && *k; k++)
            visit(*k, user);
    for (const struct kernel *const *k = peak_kernels; *k; k++)
        visit(*k, user);
}

static void check_both_forms(const struct kernel *kernel, void *user)
{
    uint32_t *count = user;
    if (kernel->spirv->size[0] == 0)
        return; // of cooperative matrices, where the shader compiler does not know them
    check_kernel(kernel, false);
    check_kernel(kernel, true);
    (*count)++;
}

static void test_kernels(void **state)
{
    (void)state;
    uint32_t count = 0;
    each_kernel(check_both_forms, &count);
    fprintf(stderr, "%u kernels\n", count);
    assert_true(count > 0);
}

struct search {
    const struct spirv *wanted;
    bool found;
};

static void compare_shader(const struct kernel *kernel, void *user)
{
    struct search *search = user;
    search->found = search->found || kernel->spirv == search->wanted;
}

// Every shader belongs to an operator or to the measuring of peaks, so that none escapes the tests
// that go through them.
static void test_every_shader_is_used(void **state)
{
    (void)state;
    for (const struct spirv *const *spirv = spirv_all; *spirv; spirv++) {
        struct search search = {*spirv, false};
        each_kernel(compare_shader, &search);
        if (!search.found)
            fail_msg("%s belongs to no operator's list of kernels", (*spirv)->name);
    }
}

// The walker sees a wrong table: relu's, with its access or its buffers changed.
static void test_wrong_tables_are_seen(void **state)
{
    (void)state;
    const struct kernel *relu = op_find("relu")->kernels[0];
    struct spirv_interface interface;
    for (int form = 0; form < 2; form++) {
        spirv_read_interface(relu->spirv->words[form], relu->spirv->size[form], &interface);
        assert_int_equal(access_of(&interface, 0), ACCESS_READ);
        assert_int_equal(access_of(&interface, 1), ACCESS_WRITE);
        assert_int_equal(access_of(&interface, 2), ACCESS_NONE);
        assert_int_equal(interface.push_size, 4);
    }
    const struct kernel *sgd = op_find("sgd")->kernels[0];
    spirv_read_interface(sgd->spirv->words[0], sgd->spirv->size[0], &interface);
    assert_int_equal(access_of(&interface, SGD_W), ACCESS_READ_WRITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_every_shader_is_used),
        cmocka_unit_test(test_wrong_tables_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
