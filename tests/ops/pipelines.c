// Every kernel of every operator becomes a pipeline, in both forms. ctest also runs this on RADV
// without a GPU, once for each generation of RADV_FORCE_FAMILY: AMD's compiler sees every shader.
//
// Such a null device has no memory and no queue to speak of, so it cannot be opened as others are:
// the test puts together just what compiling needs.
#include "harness/harness.h"

#include <stdio.h>

#include "gpu/device.h"
#include "gpu/matrices.h"
#include "ops/op.h"

static void open_logical(struct vktl_device *device)
{
    uint32_t timestamp_bits;
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = physical_compute_family(device->physical, &timestamp_bits),
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const char *const extensions[] = {VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME};
    const bool has_matrices = device->info.matrix_rows > 0;
    struct matrices_features matrices;
    VkPhysicalDeviceBufferDeviceAddressFeatures address = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
        .bufferDeviceAddress = VK_TRUE,
    };
    void *features = device->info.has_addresses ? &address : NULL;
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = has_matrices ? matrices_features_init(&matrices, features) : features,
        .enabledExtensionCount = has_matrices ? 1 : 0,
        .ppEnabledExtensionNames = extensions,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    assert_int_equal(vkCreateDevice(device->physical, &info, NULL, &device->device), VK_SUCCESS);
}

// The first device that the driver lists, whether or not it could run anything.
static void open_first(struct vktl_device *device)
{
    VkPhysicalDevice *physicals = NULL;
    struct vktl_device_info *infos = NULL;
    uint32_t count = 0;
    bool has_debug_utils;
    vktl_status status = instance_create(&harness_log, false, &device->instance, &has_debug_utils);
    if (status == VKTL_OK)
        status = instance_devices(&harness_log, device->instance, &physicals, &infos, &count);
    if (status == VKTL_NO_DEVICE || (status == VKTL_OK && count == 0))
        exit(77); // no driver, or one that does not know the family
    assert_int_equal(status, VKTL_OK);
    device->log = &harness_log;
    device->physical = physicals[0];
    device->info = infos[0];
    free(physicals);
    free(infos);
    open_logical(device);
    assert_int_equal(pipelines_create(device, "", &device->pipelines), VKTL_OK);
}

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
    struct vktl_device device = {0};
    open_first(&device);
    if (getenv("RADV_FORCE_FAMILY"))
        assert_non_null(strstr(device.info.name, "Null"));
    compile_all(&device, false);
    assert_true(device.info.has_addresses);
    compile_all(&device, true);
    pipelines_destroy(&device, &device.pipelines);
    vkDestroyDevice(device.device, NULL);
    vkDestroyInstance(device.instance, NULL);
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
