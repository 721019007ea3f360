// Every operator against its reference, a subtest each: the tables of src/check/cases, which
// `vktl selftest` runs too. One program serves all of them, as each would be the same three lines.
//
//     test_ops_operators [OPERATOR | "other form" | "GPU kernels"]
#include "harness/harness.h"

#include <stdio.h>

#include <vktl/selftest.h>

#include "ops/op.h"

static struct vktl_device *device;

static void show_failure(const struct vktl_selftest_row *row, void *user)
{
    double *worst = user; // in tolerances
    if (row->tolerance > 0 && row->worst / row->tolerance > *worst)
        *worst = row->worst / row->tolerance;
    if (!row->pass)
        fprintf(stderr, "%s %s %s, %s: %s (error %.3g, tolerance %.3g)\n", row->op, row->direction,
                row->algorithm, row->name, row->detail, row->worst, row->tolerance);
}

static void run_selftest(struct vktl_device *on, const char *op, bool quick)
{
    const struct vktl_selftest_params params = {.op = op, .quick = quick};
    struct vktl_selftest_counts counts;
    double worst = 0;
    const vktl_status status =
        vktl_selftest(&harness_log, on, &params, show_failure, &worst, &counts);
    fprintf(stderr, "%s: %u comparisons, worst %.2f of its tolerance\n", op ? op : "all",
            counts.rows, worst);
    assert_int_equal(status, VKTL_OK);
    assert_int_equal(counts.failed, 0);
    assert_true(counts.rows > 0);
}

static void test_operator(void **state)
{
    run_selftest(device, *state, false);
}

// The form of every kernel that this device does not prefer.
static void test_other_form(void **state)
{
    (void)state;
    const struct vktl_device_info *info = vktl_device_info(device);
    if (!info->has_addresses)
        skip();
    struct vktl_device *other =
        harness_open(info->form == VKTL_FORM_ADDRESS ? VKTL_FORM_STORAGE : VKTL_FORM_ADDRESS);
    run_selftest(other, NULL, true);
    harness_close(&other);
}

// The kernels that GPUs get, here on a CPU driver.
static void test_gpu_kernels(void **state)
{
    (void)state;
    const struct vktl_device_params params = {
        .validate = true, .guard = true, .gpu_kernels = true, .cache_folder = ""};
    struct vktl_device *other = NULL;
    if (vktl_device_info(device)->type != VKTL_DEVICE_CPU)
        skip(); // every other subtest has run them
    assert_int_equal(vktl_device_open(&harness_log, &params, &other), VKTL_OK);
    run_selftest(other, NULL, true);
    harness_close(&other);
}

// The kernels of mixed precision, with matrices in plain code.
static void test_emulated_matrices(void **state)
{
    (void)state;
    static const char *const ops[] = {"conv2d", "dense"};
    const struct vktl_device_params params = {
        .validate = true, .guard = true, .emulate_matrices = true, .cache_folder = ""};
    struct vktl_device *other = NULL;
    assert_int_equal(vktl_device_open(&harness_log, &params, &other), VKTL_OK);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        run_selftest(other, ops[i], true);
    harness_close(&other);
}

int main(int argc, char **argv)
{
    enum { MAX_TESTS = 64 };
    struct CMUnitTest tests[MAX_TESTS];
    size_t count = 0;
    for (uint32_t i = 0; i < op_count(); i++) {
        const char *name = op_at(i)->name;
        vktl_assert(count + 3 < MAX_TESTS);
        if (argc < 2 || strcmp(argv[1], name) == 0)
            tests[count++] = (struct CMUnitTest){
                .name = name, .test_func = test_operator, .initial_state = (void *)name};
    }
    const struct CMUnitTest whole[] = {
        {.name = "other form", .test_func = test_other_form},
        {.name = "GPU kernels", .test_func = test_gpu_kernels},
        {.name = "emulated matrices", .test_func = test_emulated_matrices},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (argc < 2 || strcmp(argv[1], whole[i].name) == 0)
            tests[count++] = whole[i];
    device = harness_open(VKTL_FORM_AUTO);
    const int failed = _cmocka_run_group_tests("operators", tests, count, NULL, NULL);
    harness_close(&device);
    return failed;
}
