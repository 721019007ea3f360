// Which of an operator's algorithms is taken: the one asked for where it suits, else the
// heuristic's.
#include "harness/harness.h"

#include "ops/op.h"

static const struct vktl_device_info eight_lanes = {
    .type = VKTL_DEVICE_CPU, .has_subgroup_shuffle = true, .subgroup_size = 8};

static struct op_io infer_dense(const struct vktl_device_info *info, uint32_t rows,
                                const char *wanted)
{
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    struct op_io io = {
        .in = {shape_2d(rows, 100)}, .in_count = 1, .device = info, .wanted = {wanted}};
    fields_init(op_dense.fields, params);
    assert_int_equal(op_dense.infer(&harness_log, params, &io), VKTL_OK);
    return io;
}

// The names that suit, "rows4 direct".
static const char *suiting(const struct vktl_device_info *info, uint32_t rows, const char *wanted)
{
    static char text[256];
    const char *names[OP_MAX_ALGORITHMS];
    const struct op_io io = infer_dense(info, rows, wanted);
    const uint32_t count = op_suiting(&op_dense, &io, OP_FORWARD, names);
    text[0] = 0;
    for (uint32_t i = 0; i < count; i++)
        strcat(strcat(text, i ? " " : ""), names[i]);
    return text;
}

static void test_heuristic(void **state)
{
    (void)state;
    assert_string_equal(suiting(&eight_lanes, 4, NULL), "rows4 direct");
    assert_string_equal(suiting(&eight_lanes, 9, NULL), "direct rows4");
    assert_int_equal(strncmp(suiting(NULL, 4, NULL), "direct", 6), 0);
}

static void test_wanted(void **state)
{
    (void)state;
    assert_string_equal(suiting(&eight_lanes, 9, "rows4"), "rows4 direct");
    assert_string_equal(suiting(&eight_lanes, 4, "direct"), "direct rows4");
    assert_string_equal(suiting(&eight_lanes, 4, "no such thing"), "rows4 direct");
    assert_int_equal(strncmp(suiting(NULL, 4, "rows4"), "direct", 6), 0); // does not suit
}

static void test_one_way_only(void **state)
{
    (void)state;
    const char *names[OP_MAX_ALGORITHMS];
    const struct op_io io = infer_dense(&eight_lanes, 4, NULL);
    assert_int_equal(op_suiting(&op_dense, &io, OP_DW, names), 1); // its other is for GPUs
    assert_int_equal(op_suiting(&op_relu, &io, OP_FORWARD, names), 0);
}

// Bits must not depend on what was tuned, nor on how many lanes there are.
static void test_strict(void **state)
{
    (void)state;
    struct vktl_device_info strict = eight_lanes;
    const char *names[OP_MAX_ALGORITHMS];
    strict.strict = true;
    assert_string_equal(suiting(&strict, 4, "direct"), "rows4");
    struct op_io io = infer_dense(&strict, 4, NULL);
    io.wanted[OP_DX] = "direct";
    op_choose(&op_dense, &io);
    assert_int_equal(op_suiting(&op_dense, &io, OP_DX, names), 1);
    assert_string_equal(names[0], "turned");
}

// Files keep them: a change here forgets what was tuned, and what runs were started with.
static void test_keys(void **state)
{
    (void)state;
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    char key[OP_KEY_SIZE];
    struct op_io io = infer_dense(NULL, 4, NULL);
    fields_init(op_dense.fields, params);
    op_key(&op_dense, params, &io, OP_FORWARD, true, key);
    assert_string_equal(key, "dense forward 4x100 trained");

    const double strides[] = {2, 1}, border[] = {0, 1, 0, 1}, filters = 64;
    const struct field *fields = op_conv2d.fields;
    io = (struct op_io){.in = {shape_4d(1, 7, 9, 3)}, .in_count = 1};
    fields_init(fields, params);
    field_set_numbers(&harness_log, field_find(fields, "filters"), params, &filters, 1);
    field_set_numbers(&harness_log, field_find(fields, "strides"), params, strides, 2);
    field_set_numbers(&harness_log, field_find(fields, "zero_padding"), params, border, 4);
    field_set_word(&harness_log, field_find(fields, "activation"), params, "relu");
    op_key(&op_conv2d, params, &io, OP_DW, false, key);
    assert_string_equal(key, "conv2d dw 1x7x9x3 filters=64 strides=2,1 zero_padding=0,1,0,1");
    assert_int_equal(op_conv2d.infer(&harness_log, params, &io), VKTL_OK);
    char again[OP_KEY_SIZE];
    op_key(&op_conv2d, params, &io, OP_DW, false, again);
    assert_string_equal(key, again);
}

static void check_list(const struct op_algorithm *list)
{
    uint32_t count = 0;
    for (; list[count].name; count++)
        for (uint32_t i = 0; i < count; i++)
            assert_string_not_equal(list[i].name, list[count].name);
    assert_in_range(count, 2, OP_MAX_ALGORITHMS);
}

static void test_lists(void **state)
{
    (void)state;
    uint32_t lists = 0;
    for (uint32_t i = 0; i < op_count(); i++) {
        for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
            if (!op_at(i)->algorithms[direction])
                continue;
            check_list(op_at(i)->algorithms[direction]);
            lists++;
        }
    }
    assert_true(lists > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heuristic),    cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_one_way_only), cmocka_unit_test(test_keys),
        cmocka_unit_test(test_lists),        cmocka_unit_test(test_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
