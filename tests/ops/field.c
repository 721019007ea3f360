// Fields by table: defaults, ranges, words, and the messages about them; and every operator's
// table.
#include "harness/harness.h"

#include <math.h>

#include "ops/op.h"

struct params {
    uint32_t units, pair[2], sides[4], flag, choice;
    float rate;
    int32_t dims[4];
};

static const char *const choices[] = {"valid", "same", NULL};

static const struct field fields[] = {
    {"units", offsetof(struct params, units), FIELD_U32, 5, 1, 100, "units", "how many"},
    {"pair", offsetof(struct params, pair), FIELD_PAIR, 2, 1, 9, "cells", "two"},
    {"sides", offsetof(struct params, sides), FIELD_SIDES, 1, 0, 9, "cells", "four"},
    {"flag", offsetof(struct params, flag), FIELD_BOOL, 1, 0, 1, "", "yes or no"},
    {"choice", offsetof(struct params, choice), FIELD_CHOICE, 1, 0, 0, "", "a word", choices},
    {"rate", offsetof(struct params, rate), FIELD_F32, 0.5, 0, 0.9, "", "a fraction"},
    {"dims", offsetof(struct params, dims), FIELD_DIMS, 0, -1, 1000, "", "axes"},
    {0},
};

static vktl_status set(struct params *params, const char *name, uint32_t count, double a, double b,
                       double c, double d)
{
    const double numbers[] = {a, b, c, d};
    return field_set_numbers(&harness_quiet_log, field_find(fields, name), params, numbers, count);
}

static vktl_status set_word(struct params *params, const char *name, const char *word)
{
    return field_set_word(&harness_quiet_log, field_find(fields, name), params, word);
}

static void assert_message(const char *part)
{
    if (!strstr(harness_last_error, part))
        fail_msg("\"%s\" does not say \"%s\"", harness_last_error, part);
}

static void test_defaults(void **state)
{
    (void)state;
    struct params params;
    memset(&params, 0xff, sizeof params);
    fields_init(fields, &params);
    assert_int_equal(params.units, 5);
    assert_int_equal(params.pair[1], 2);
    assert_int_equal(params.sides[3], 1);
    assert_int_equal(params.flag, 1);
    assert_int_equal(params.choice, 1);
    assert_true(params.rate == 0.5f);
    assert_int_equal(params.dims[0], 0);
    assert_null(field_find(fields, "unit"));
}

static void test_numbers(void **state)
{
    (void)state;
    struct params p = {0};
    assert_int_equal(set(&p, "pair", 1, 3, 0, 0, 0), VKTL_OK);
    assert_true(p.pair[0] == 3 && p.pair[1] == 3);
    assert_int_equal(set(&p, "pair", 2, 3, 4, 0, 0), VKTL_OK);
    assert_true(p.pair[0] == 3 && p.pair[1] == 4);
    assert_int_equal(set(&p, "sides", 1, 2, 0, 0, 0), VKTL_OK);
    assert_true(p.sides[0] == 2 && p.sides[3] == 2);
    assert_int_equal(set(&p, "sides", 2, 1, 2, 0, 0), VKTL_OK); // rows, columns
    assert_true(p.sides[0] == 1 && p.sides[1] == 1 && p.sides[2] == 2 && p.sides[3] == 2);
    assert_int_equal(set(&p, "sides", 4, 1, 2, 3, 4), VKTL_OK);
    assert_true(p.sides[0] == 1 && p.sides[1] == 2 && p.sides[2] == 3 && p.sides[3] == 4);
    assert_int_equal(set(&p, "dims", 3, 4, -1, 7, 0), VKTL_OK);
    assert_true(p.dims[0] == 3 && p.dims[1] == 4 && p.dims[2] == -1 && p.dims[3] == 7);
    assert_int_equal(set(&p, "rate", 1, 0.25, 0, 0, 0), VKTL_OK);
    assert_true(p.rate == 0.25f);
    assert_int_equal(set_word(&p, "choice", "valid"), VKTL_OK);
    assert_int_equal(p.choice, 0);
    assert_int_equal(set_word(&p, "flag", "true"), VKTL_OK);
    assert_int_equal(p.flag, 1);
}

static void test_refusals(void **state)
{
    (void)state;
    struct params p;
    fields_init(fields, &p);
    assert_int_equal(set(&p, "units", 1, 0, 0, 0, 0), VKTL_INPUT);
    assert_message("units must be from 1 to 100 units, not 0");
    assert_int_equal(set(&p, "units", 1, 2.5, 0, 0, 0), VKTL_INPUT);
    assert_message("whole number, not 2.5");
    assert_int_equal(set(&p, "rate", 1, (double)NAN, 0, 0, 0), VKTL_INPUT);
    assert_int_equal(set(&p, "units", 1, (double)NAN, 0, 0, 0), VKTL_INPUT);
    assert_int_equal(set(&p, "units", 1, 1e300, 0, 0, 0), VKTL_INPUT);
    assert_int_equal(set(&p, "pair", 3, 1, 1, 1, 1), VKTL_INPUT);
    assert_message("pair takes 1 or 2 numbers, not 3");
    assert_int_equal(set(&p, "sides", 3, 1, 1, 1, 1), VKTL_INPUT);
    assert_int_equal(set(&p, "dims", 4, 1, 1, 1, 1), VKTL_INPUT);
    assert_int_equal(set(&p, "units", 0, 0, 0, 0, 0), VKTL_INPUT);
    assert_int_equal(set(&p, "choice", 1, 1, 0, 0, 0), VKTL_INPUT);
    assert_int_equal(set_word(&p, "choice", "full"), VKTL_INPUT);
    assert_message("choice must be one of valid, same, not \"full\"");
    assert_int_equal(set_word(&p, "units", "many"), VKTL_INPUT);
    assert_int_equal(p.units, 5); // nothing was set
}

// Every operator's table lies within its params, and its defaults within their ranges.
static void test_tables(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        assert_non_null(op->fields);
        assert_true(op->params_size <= OP_MAX_PARAMS_SIZE);
        assert_ptr_equal(op_find(op->name), op);
        for (const struct field *field = op->fields; field->name; field++) {
            const bool ranged = field->type != FIELD_CHOICE && field->type != FIELD_DIMS;
            assert_true(field->offset < op->params_size && field->unit && field->help);
            assert_true(!ranged ||
                        (field->initial >= field->minimum && field->initial <= field->maximum));
            assert_true(field->type != FIELD_CHOICE || field->choices);
        }
    }
}

// ---- What infer refuses ------------------------------------------------------------------------

static vktl_status infer(const char *name, struct shape in, const char *field, uint32_t count,
                         const double *numbers)
{
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    const struct op *op = op_find(name);
    struct op_io io = {.in = {in}, .in_count = 1};
    fields_init(op->fields, params);
    if (field)
        assert_int_equal(
            field_set_numbers(&harness_log, field_find(op->fields, field), params, numbers, count),
            VKTL_OK);
    return op->infer(&harness_quiet_log, params, &io);
}

static void test_infer_refuses(void **state)
{
    (void)state;
    assert_int_equal(infer("maxpool2d", shape_2d(4, 10), NULL, 0, NULL), VKTL_INPUT);
    assert_message("maxpool2d: needs an image");
    assert_int_equal(infer("avgpool2d", shape_4d(1, 1, 8, 3), NULL, 0, NULL), VKTL_INPUT);
    assert_message("does not fit into a height of 1");
    assert_int_equal(infer("zeropad2d", shape_4d(70000, 100, 100, 3), NULL, 0, NULL), VKTL_INPUT);
    assert_message("too large");
    assert_int_equal(infer("add", shape_2d(2, 3), NULL, 0, NULL), VKTL_INPUT);
    assert_int_equal(infer("accuracy", shape_2d(2, 3), NULL, 0, NULL), VKTL_INPUT);
    const struct shape image = shape_4d(2, 4, 6, 5);
    assert_int_equal(infer("reshape", image, NULL, 0, NULL), VKTL_INPUT);
    assert_int_equal(infer("reshape", image, "target_shape", 2, (double[]){-1, -1}), VKTL_INPUT);
    assert_int_equal(infer("reshape", image, "target_shape", 2, (double[]){7, -1}), VKTL_INPUT);
    assert_message("120 elements a sample");
    assert_int_equal(infer("reshape", image, "target_shape", 2, (double[]){0, -1}), VKTL_INPUT);
    assert_int_equal(infer("reshape", image, "target_shape", 3, (double[]){2e9, 2e9, 2e9}),
                     VKTL_INPUT);
    assert_int_equal(infer("reshape", image, "target_shape", 2, (double[]){-1, 8}), VKTL_OK);
    const struct shape large = shape_4d(1, 300, 300, 1);
    assert_int_equal(infer("maxpool2d", large, "pool_size", 1, (double[]){200}), VKTL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_tables),
        cmocka_unit_test(test_infer_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
