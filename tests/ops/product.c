// Which tile a product for GPUs takes.
#include "harness/harness.h"

#include "ops/product.h"

static struct product_tile choose(enum vktl_device_type type, uint32_t shared_size, uint32_t rows,
                                  uint32_t columns)
{
    const struct vktl_device_info info = {
        .type = type, .max_shared_size = shared_size, .max_invocations = 256};
    const struct product_size size = {.count = 1, .rows = rows, .columns = columns};
    return product_choose_tile(&info, &size);
}

static void expect_tile(struct product_tile found, uint32_t rows, uint32_t columns)
{
    assert_int_equal(found.rows, rows);
    assert_int_equal(found.columns, columns);
}

static void test_large_products_take_the_largest_tile(void **state)
{
    (void)state;
    expect_tile(choose(VKTL_DEVICE_DISCRETE, 32768, 1 << 20, 256), 128, 128);
    expect_tile(choose(VKTL_DEVICE_CPU, 32768, 128, 128), 128, 128);
}

// 128 x 128 takes 16.5 KiB, more than every device has.
static void test_small_shared_memory(void **state)
{
    (void)state;
    expect_tile(choose(VKTL_DEVICE_DISCRETE, 16384, 1 << 20, 256), 128, 64);
}

// 128 invocations would have too many sums each.
static void test_small_groups(void **state)
{
    (void)state;
    const struct vktl_device_info info = {
        .type = VKTL_DEVICE_DISCRETE, .max_shared_size = 32768, .max_invocations = 128};
    const struct product_size size = {.count = 1, .rows = 1 << 20, .columns = 256};
    expect_tile(product_choose_tile(&info, &size), 128, 64);
}

static void test_few_rows_take_low_tiles(void **state)
{
    (void)state;
    expect_tile(choose(VKTL_DEVICE_DISCRETE, 32768, 32, 4096), 32, 64);
    expect_tile(choose(VKTL_DEVICE_DISCRETE, 32768, 1, 1), 32, 64);
}

// Where large tiles would leave most of a GPU idle.
static void test_small_products_are_shared_out(void **state)
{
    (void)state;
    expect_tile(choose(VKTL_DEVICE_DISCRETE, 32768, 512, 512), 32, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_products_take_the_largest_tile),
        cmocka_unit_test(test_small_shared_memory),
        cmocka_unit_test(test_small_groups),
        cmocka_unit_test(test_few_rows_take_low_tiles),
        cmocka_unit_test(test_small_products_are_shared_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
