// Whether the tables of cases reach every tile that a GPU's products may take: on this machine they
// run with the few of a CPU, so it is only asked which would be chosen.
#include "harness/harness.h"

#include <stdio.h>

#include "check/trial.h"
#include "ops/product.h"

static struct vktl_device *device;

// The result's rows and columns, as src/ops cuts them for a GPU where strides are 1.
static struct product_size size_of(const struct trial *trial, enum op_direction direction)
{
    const struct op_io *io = &trial->io;
    const struct shape *result = direction == OP_FORWARD ? &io->out
                                 : direction == OP_DX    ? &io->in[0]
                                                         : &io->weight[0].shape;
    const uint32_t columns = result->dim[result->rank - 1];
    return (struct product_size){
        .count = 1, .rows = (uint32_t)(shape_count(result) / columns), .columns = columns};
}

static void mark_tiles(const char *name, enum vktl_device_type type,
                       bool reached[OP_DIRECTIONS][PRODUCT_TILES])
{
    const struct vktl_device_info gpu = {
        .type = type, .max_shared_size = 32768, .max_invocations = 256};
    const struct check_table *table = check_table_find(name);
    const char *const wanted[OP_DIRECTIONS] = {NULL};
    for (uint32_t i = 0; i < table->count; i++) {
        struct trial trial;
        const struct check check = {.log = &harness_log,
                                    .device = device,
                                    .op = op_find(name),
                                    .reference = reference_find(name),
                                    .test = &table->cases[i]};
        assert_int_equal(trial_init(&check, wanted, &trial), VKTL_OK);
        for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
            const struct product_size size = size_of(&trial, direction);
            const struct product_tile tile = product_choose_tile(&gpu, &size);
            for (int t = 0; t < PRODUCT_TILES; t++)
                reached[direction][t] |=
                    tile.rows == product_tiles[t].rows && tile.columns == product_tiles[t].columns;
        }
        trial_deinit(&trial);
    }
}

static void test_tiles(void **state)
{
    static const enum vktl_device_type types[] = {VKTL_DEVICE_DISCRETE, VKTL_DEVICE_INTEGRATED};
    for (size_t type = 0; type < sizeof types / sizeof *types; type++) {
        bool reached[OP_DIRECTIONS][PRODUCT_TILES] = {{false}};
        mark_tiles(*state, types[type], reached);
        for (int direction = 0; direction < OP_DIRECTIONS; direction++)
            for (int t = 0; t < PRODUCT_TILES; t++)
                if (!reached[direction][t])
                    fail_msg("no case of %s %s takes the tile of %u x %u", (const char *)*state,
                             op_direction_names[direction], product_tiles[t].rows,
                             product_tiles[t].columns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {.name = "conv2d", .test_func = test_tiles, .initial_state = (void *)"conv2d"},
        {.name = "dense", .test_func = test_tiles, .initial_state = (void *)"dense"},
    };
    device = harness_open(VKTL_FORM_AUTO);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    harness_close(&device);
    return failed;
}
