// Every kernel of every operator becomes a pipeline, in both forms; also those that an operator
// would not choose here. AMD's compiler sees them in tests/tools/radv.sh.
#include "harness/harness.h"

#include <stdio.h>

#include "gpu/device.h"
#include "ops/op.h"

static void compile_all(struct vktl_device *device, bool by_address)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < op_count(); i++) {
        const struct kernel *const *kernels = op_at(i)->kernels;
        for (; kernels && *kernels; kernels++) {
            const struct pipeline *pipeline = NULL;
            // Of the kernels of matrices; see lib/tile.glsl and lib/matrix.glsl.
            const uint32_t constants[] = {128,
                                          64,
                                          true,
                                          device->info.subgroup_size,
                                          device->info.matrix_rows,
                                          device->info.matrix_columns,
                                          device->info.matrix_depth};
            const bool has_matrices = strstr((*kernels)->spirv->name, "_matrices") != NULL;
            if (has_matrices && !device->info.matrix_rows)
                continue;
            const vktl_status status = pipelines_get(device, *kernels, by_address, constants,
                                                     has_matrices ? 7 : 0, &pipeline);
            if (status != VKTL_OK)
                fprintf(stderr, "%s does not compile\n", (*kernels)->spirv->name);
            assert_int_equal(status, VKTL_OK);
            assert_true(pipeline->pipeline != VK_NULL_HANDLE);
            count++;
        }
    }
    fprintf(stderr, "%u kernels on %s, over %s\n", count, device->info.name,
            by_address ? "addresses" : "storage buffers");
    assert_true(count > op_count());
}

static void test_pipelines(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    compile_all(device, false);
    if (vktl_device_info(device)->has_addresses)
        compile_all(device, true);
    harness_close(&device);
}

int main(void)
{
    const char *driver = getenv("VKTL_TEST_DRIVER");
    if (driver && strcmp(driver, "swiftshader") == 0) {
        fprintf(stderr, "SwiftShader takes a minute for the kernels of GPUs: skipped\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pipelines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
