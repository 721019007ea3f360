// Negative controls: what is wrong on purpose must be caught, and by the check meant for it.
#include "harness/harness.h"

#include <stdio.h>

#include "check/check.h"
#include "abi/augment.h"
#include "abi/relu.h"
#include "abi/relu6.h"
#include "ops/elementwise.h"
#include "shaders.h"

static struct vktl_device *device;

struct verdict {
    uint32_t rows, failed;
    char direction[64], detail[256]; // of the first that failed
    char last_direction[64];
};

static void take_row(const struct vktl_selftest_row *row, void *user)
{
    struct verdict *verdict = user;
    verdict->rows++;
    if (row->pass)
        return;
    snprintf(verdict->last_direction, sizeof verdict->last_direction, "%s", row->direction);
    if (verdict->failed++ == 0) {
        snprintf(verdict->direction, sizeof verdict->direction, "%s", row->direction);
        snprintf(verdict->detail, sizeof verdict->detail, "%s", row->detail);
    }
}

static struct verdict run(const struct op *op, const struct reference *reference,
                          const struct check_case *test)
{
    struct verdict verdict = {0};
    const struct check check = {&harness_log, device, op, reference, test, take_row, &verdict};
    assert_int_equal(check_run(&check), VKTL_OK);
    assert_true(verdict.rows > 0);
    return verdict;
}

static const struct check_case values = {.name = "ties", .in = {{2, {5, 70}}}, .data = CHECK_TIES};
static const struct check_case distinct = {.name = "distinct", .in = {{2, {5, 70}}}};

static void assert_caught(struct verdict verdict, const char *direction, const char *detail)
{
    assert_true(verdict.failed > 0);
    assert_string_equal(verdict.direction, direction);
    if (!strstr(verdict.detail, detail))
        fail_msg("\"%s\" does not say \"%s\"", verdict.detail, detail);
}

static void test_right_one_passes(void **state)
{
    (void)state;
    assert_int_equal(run(&op_relu, &reference_relu, &values).failed, 0);
    assert_int_equal(run(&op_relu, &reference_relu, &distinct).failed, 0);
}

// relu with relu6's kernel: the same but for values above 6.
static void test_wrong_forward(void **state)
{
    (void)state;
    struct op wrong = op_relu;
    wrong.forward = op_relu6.forward;
    assert_caught(run(&wrong, &reference_relu, &values), "forward", "is 6, the reference");
}

static void test_wrong_backward(void **state)
{
    (void)state;
    struct op wrong = op_relu;
    wrong.backward = op_relu6.backward;
    assert_caught(run(&wrong, &reference_relu, &values), "dx", "is 0, the reference says");
}

// ---- Planted kernels ---------------------------------------------------------------------------

// relu6, which is relu on values below 6, and does not copy one guard word over another.
static const struct kernel relu6_kernel = {
    KERNEL(relu6_fwd),
    .push_size = sizeof(struct relu6_push),
    .access = {[RELU6_FWD_X] = ACCESS_READ, [RELU6_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static void relu_of_count(struct recorder *recorder, const struct op_call *call, uint32_t count)
{
    const struct relu6_push push = {count};
    record_dispatch(recorder, &relu6_kernel,
                    &(struct dispatch){
                        .bind = {[RELU6_FWD_X] = call->in[0], [RELU6_FWD_Y] = call->out},
                        .push = &push,
                        .threads = {count},
                    });
}

static void all_but_the_last(struct recorder *recorder, const struct op_call *call)
{
    relu_of_count(recorder, call, OP_PUSH(relu_push, call->io)->count - 1);
}

static void one_too_many(struct recorder *recorder, const struct op_call *call)
{
    relu_of_count(recorder, call, OP_PUSH(relu_push, call->io)->count + 1);
}

// What memory held before shows through.
static void test_unwritten_element(void **state)
{
    (void)state;
    struct op wrong = op_relu;
    wrong.forward = all_but_the_last;
    assert_caught(run(&wrong, &reference_relu, &distinct), "forward", "element 349 is nan");
}

// Over addresses: the range of a storage buffer may be enforced by the driver.
static void test_write_beyond_the_end(void **state)
{
    (void)state;
    if (!vktl_device_info(device)->has_addresses)
        skip();
    struct vktl_device *usual = device;
    struct op wrong = op_relu;
    wrong.forward = one_too_many;
    device = harness_open(VKTL_FORM_ADDRESS);
    const struct verdict verdict = run(&wrong, &reference_relu, &distinct);
    harness_close(&device);
    device = usual;
    assert_caught(verdict, "forward", "beside the tensors");
}

// Wrong only where it is called in place.
static void frugal_only(struct recorder *recorder, const struct op_call *call)
{
    if (call->in[0].chunk == call->out.chunk && call->in[0].offset == call->out.offset)
        op_relu6.forward(recorder, call);
    else
        op_relu.forward(recorder, call);
}

static void test_differs_in_place(void **state)
{
    (void)state;
    struct op wrong = op_relu;
    wrong.forward = frugal_only;
    assert_caught(run(&wrong, &reference_relu, &values), "forward", "not the same bits");
}

// ---- Planted references ------------------------------------------------------------------------

static void twice_the_gradient(const struct reference_call *call)
{
    reference_relu.backward(call);
    for (uint32_t i = 0; i < 350; i++)
        call->din[0][i] *= 2;
}

// A reference that is wrong is found by finite differences, even where a shader agreed with it.
static void test_wrong_reference(void **state)
{
    (void)state;
    const struct reference wrong = {"relu", reference_relu.forward, twice_the_gradient};
    const struct verdict verdict = run(&op_relu, &wrong, &distinct);
    assert_int_equal(verdict.failed, 2); // dx, which is right, and the reference
    assert_string_equal(verdict.last_direction, "reference");
}

// ---- A planted setting -------------------------------------------------------------------------

// Images read as if they went on beyond their ends in another way.
static void other_filling(struct recorder *recorder, const struct op_call *call)
{
    struct op_io io = *call->io;
    struct op_call other = *call;
    struct augment_push push;
    memcpy(&push, io.push, sizeof push);
    push.fill = AUGMENT_REFLECT;
    OP_SET_PUSH(&io, push);
    other.io = &io;
    op_augment.forward(recorder, &other);
}

static void test_wrong_filling(void **state)
{
    (void)state;
    const struct check_case images = {.name = "images",
                                      .in = {{2, {9, 5 * 7 * 3 / 4 + 1}}, {2, {9, 16}}},
                                      .settings = {{"size", {5, 7}, 2}}};
    struct op wrong = op_augment;
    assert_int_equal(run(&wrong, &reference_augment, &images).failed, 0);
    wrong.forward = other_filling;
    assert_caught(run(&wrong, &reference_augment, &images), "forward", "the reference says");
}

// ---- The selftest around it --------------------------------------------------------------------

static void test_unknown_operator(void **state)
{
    (void)state;
    struct vktl_selftest_counts counts = {9, 9};
    const struct vktl_selftest_params params = {.op = "conv9d"};
    assert_int_equal(vktl_selftest(&harness_quiet_log, device, &params, NULL, NULL, &counts),
                     VKTL_USAGE);
    assert_int_equal(counts.rows, 0);
    assert_non_null(strstr(harness_last_error, "conv9d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_one_passes),     cmocka_unit_test(test_wrong_forward),
        cmocka_unit_test(test_wrong_backward),       cmocka_unit_test(test_unwritten_element),
        cmocka_unit_test(test_write_beyond_the_end), cmocka_unit_test(test_differs_in_place),
        cmocka_unit_test(test_wrong_reference),      cmocka_unit_test(test_wrong_filling),
        cmocka_unit_test(test_unknown_operator),
    };
    device = harness_open(VKTL_FORM_AUTO);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    harness_close(&device);
    return failed;
}
