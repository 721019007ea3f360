// Responsible for finding cooperative matrices (VK_KHR_cooperative_matrix) and turning them on.
// What is computed with them is the shaders': lib/matrix.glsl.
//
// Debian 12's headers do not know the extension, so what is used of it is declared here.
#include "gpu/matrices.h"

#include <stdlib.h>
#include <string.h>

#include "gpu/device.h"
#include "shaders.h"

#ifndef VK_KHR_cooperative_matrix
enum {
    VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR = 1000506000,
    VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR = 1000506001,
    VK_COMPONENT_TYPE_FLOAT16_KHR = 0,
    VK_COMPONENT_TYPE_FLOAT32_KHR = 1,
    VK_SCOPE_SUBGROUP_KHR = 3,
};
typedef struct VkCooperativeMatrixPropertiesKHR {
    VkStructureType sType;
    void *pNext;
    uint32_t MSize, NSize, KSize;
    uint32_t AType, BType, CType, ResultType;
    VkBool32 saturatingAccumulation;
    uint32_t scope;
} VkCooperativeMatrixPropertiesKHR;
typedef VkResult(VKAPI_PTR *PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)(
    VkPhysicalDevice, uint32_t *, VkCooperativeMatrixPropertiesKHR *);
#endif

enum {
    MIN_SHARED_SIZE = 24 * 1024, // what the kernels' tiles take
    MIN_INVOCATIONS = 256,       // likewise, of a workgroup
    MAX_SIDE = 16,               // of a matrix, see lib/tile_matrix.glsl
    MAX_DEPTH = 16,
};

bool gpu_knows_matrices(void)
{
    return VKTL_MATRICES;
}

void *matrices_features_init(struct matrices_features *features, void *next)
{
    *features = (struct matrices_features){
        .halves = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
                   .pNext = &features->model,
                   .shaderFloat16 = VK_TRUE},
        .model = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES,
                  .pNext = &features->matrices,
                  .vulkanMemoryModel = VK_TRUE},
        .matrices = {.sType = (VkStructureType)
                         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR,
                     .pNext = next,
                     .cooperativeMatrix = VK_TRUE},
    };
    return &features->halves;
}

static bool has_features(VkPhysicalDevice physical)
{
    struct matrices_features features;
    VkPhysicalDeviceFeatures2 found = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                       .pNext = matrices_features_init(&features, NULL)};
    vkGetPhysicalDeviceFeatures2(physical, &found);
    return features.halves.shaderFloat16 && features.model.vulkanMemoryModel &&
           features.matrices.cooperativeMatrix;
}

// Tiles are made of 16 rows by 16 columns, and of steps of 16, which such matrices divide.
static bool fits(const VkCooperativeMatrixPropertiesKHR *matrix)
{
    const bool has_types = matrix->AType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
                           matrix->BType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
                           matrix->CType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
                           matrix->ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR;
    const bool divides = matrix->MSize && matrix->NSize && matrix->KSize &&
                         MAX_SIDE % matrix->MSize == 0 && MAX_SIDE % matrix->NSize == 0 &&
                         MAX_DEPTH % matrix->KSize == 0;
    return has_types && divides && matrix->scope == VK_SCOPE_SUBGROUP_KHR &&
           !matrix->saturatingAccumulation;
}

// The largest that fits: the fewest loads a product.
static void choose(struct vktl_device_info *info, const VkCooperativeMatrixPropertiesKHR *matrices,
                   uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const VkCooperativeMatrixPropertiesKHR *matrix = &matrices[i];
        const uint32_t best = info->matrix_rows * info->matrix_columns * info->matrix_depth;
        if (!fits(matrix) || matrix->MSize * matrix->NSize * matrix->KSize <= best)
            continue;
        info->matrix_rows = matrix->MSize;
        info->matrix_columns = matrix->NSize;
        info->matrix_depth = matrix->KSize;
    }
}

static bool has_room(const struct vktl_device_info *info)
{
    return info->max_shared_size >= MIN_SHARED_SIZE && info->max_invocations >= MIN_INVOCATIONS &&
           info->subgroup_size >= 8 && info->subgroup_size <= 64;
}

void matrices_describe(VkPhysicalDevice physical, struct vktl_device_info *info)
{
    const PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR list =
        (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)vkGetInstanceProcAddr(
            volkGetLoadedInstance(), "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    uint32_t count = 0;
    info->has_matrices = list && info->api_version >= VK_API_VERSION_1_2 &&
                         physical_offers(physical, VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME) &&
                         has_features(physical);
    if (!info->has_matrices || !VKTL_MATRICES || !has_room(info) ||
        list(physical, &count, NULL) != VK_SUCCESS)
        return;
    VkCooperativeMatrixPropertiesKHR *matrices = calloc(count ? count : 1, sizeof *matrices);
    if (!matrices)
        return;
    for (uint32_t i = 0; i < count; i++)
        matrices[i].sType = (VkStructureType)VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
    if (list(physical, &count, matrices) >= VK_SUCCESS)
        choose(info, matrices, count);
    free(matrices);
}
