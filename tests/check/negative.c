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
    double ulp, largest;             // of the last forward
    char bits[64];                   // likewise
    char direction[64], detail[256]; // of the first that failed
    char last_direction[64];
};

static void take_row(const struct vktl_selftest_row *row, void *user)
{
    struct verdict *verdict = user;
    verdict->rows++;
    assert_string_equal(row->precision, "fp32");
    assert_true(row->seconds >= 0);
    if (strcmp(row->direction, "forward") == 0) {
        verdict->ulp = row->ulp;
        verdict->largest = row->largest;
        snprintf(verdict->bits, sizeof verdict->bits, "%s", row->bits);
    }
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

// ---- Values that hide mistakes -----------------------------------------------------------------

// A maximum of two numbers swallows NaNs on many drivers: as relu6's of 6 and a NaN would.
static void zero_after(struct recorder *recorder, const struct op_call *call)
{
    op_relu.forward(recorder, call);
    record_fill(recorder, slice_part(call->out, 3 * sizeof(float), sizeof(float)), 0);
}

static void test_swallowed(void **state)
{
    (void)state;
    static const enum check_data kinds[] = {CHECK_NANS, CHECK_HUGE, CHECK_INFINITIES};
    struct op wrong = op_relu;
    wrong.forward = zero_after;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        // Element 3 is the first NaN, and a positive infinity.
        const struct check_case one = {.name = "one", .in = {{2, {5, 70}}}, .data = kinds[i]};
        assert_int_equal(run(&op_relu, &reference_relu, &one).failed, 0);
        const struct verdict verdict = run(&wrong, &reference_relu, &one);
        if (kinds[i] != CHECK_HUGE)
            assert_caught(verdict, "forward", "element 3 is 0, the reference says");
    }
}

// A denormal may become 0, or stay; it may not become a normal number.
static void denormal_after(struct recorder *recorder, const struct op_call *call)
{
    enum { SMALL_BITS = 0x02000000 }; // 2^-123, eight times the least normal number
    op_relu.forward(recorder, call);
    record_fill(recorder, slice_part(call->out, 0, sizeof(float)), SMALL_BITS);
}

static void flushed_after(struct recorder *recorder, const struct op_call *call)
{
    record_fill(recorder, call->out, 0);
}

static void test_denormals(void **state)
{
    (void)state;
    const struct check_case denormals = {
        .name = "denormals", .in = {{2, {5, 70}}}, .data = CHECK_DENORMALS, .forward_only = true};
    struct op other = op_relu;
    other.forward = flushed_after;
    assert_int_equal(run(&other, &reference_relu, &denormals).failed, 0);
    assert_int_equal(run(&other, &reference_relu, &distinct).failed > 0, true);
    other.forward = denormal_after;
    assert_caught(run(&other, &reference_relu, &denormals), "forward", "element 0 is");
}

// ---- What a row tells --------------------------------------------------------------------------

// 1 + 2^-23 where 1 is expected, among values whose typical size is below 1.
static void one_first(const struct reference_call *call)
{
    reference_relu.forward(call);
    call->out[0] = 1;
}

static void one_and_a_bit(struct recorder *recorder, const struct op_call *call)
{
    enum { ONE_AND_A_BIT = 0x3f800001 };
    op_relu.forward(recorder, call);
    record_fill(recorder, slice_part(call->out, 0, sizeof(float)), ONE_AND_A_BIT);
}

static void test_ulp(void **state)
{
    (void)state;
    const struct reference reference = {"relu", one_first, reference_relu.backward};
    struct op op = op_relu;
    op.forward = one_and_a_bit;
    const struct verdict verdict = run(&op, &reference, &distinct);
    assert_true(verdict.ulp == 1);
    assert_true(verdict.largest == 0x1p-23);
    const struct verdict right = run(&op_relu, &reference_relu, &distinct);
    assert_true(right.ulp == 0 && right.largest == 0);
    assert_int_equal(strlen(right.bits), 32);
    assert_string_not_equal(right.bits, verdict.bits);
    assert_string_equal(right.bits, run(&op_relu, &reference_relu, &distinct).bits);
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

static bool stop_at_once(void *user)
{
    (void)user;
    return true;
}

static void test_interrupted(void **state)
{
    (void)state;
    struct vktl_selftest_counts counts;
    const struct vktl_selftest_params params = {.op = "relu", .should_stop = stop_at_once};
    assert_int_equal(vktl_selftest(&harness_quiet_log, device, &params, NULL, NULL, &counts),
                     VKTL_INTERRUPTED);
    assert_int_equal(counts.rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_one_passes),
        cmocka_unit_test(test_wrong_forward),
        cmocka_unit_test(test_wrong_backward),
        cmocka_unit_test(test_unwritten_element),
        cmocka_unit_test(test_write_beyond_the_end),
        cmocka_unit_test(test_differs_in_place),
        cmocka_unit_test(test_wrong_reference),
        cmocka_unit_test(test_wrong_filling),
        cmocka_unit_test(test_unknown_operator),
        cmocka_unit_test(test_swallowed),
        cmocka_unit_test(test_denormals),
        cmocka_unit_test(test_ulp),
        cmocka_unit_test(test_interrupted),
    };
    device = harness_open(VKTL_FORM_AUTO);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    harness_close(&device);
    return failed;
}
