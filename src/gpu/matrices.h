// Cooperative matrices: whether a device has those that vktl's kernels are made of, and turning
// them on. Nothing outside src/gpu and its tests includes this.
#ifndef GPU_MATRICES_H
#define GPU_MATRICES_H

#include <volk.h>

#include "gpu/record.h"

#ifndef VK_KHR_cooperative_matrix // headers older than Vulkan 1.3.255
#define VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME "VK_KHR_cooperative_matrix"
typedef struct VkPhysicalDeviceCooperativeMatrixFeaturesKHR {
    VkStructureType sType;
    void *pNext;
    VkBool32 cooperativeMatrix;
    VkBool32 cooperativeMatrixRobustBufferAccess;
} VkPhysicalDeviceCooperativeMatrixFeaturesKHR;
#endif

// Fills info->matrix_*: the products of halves, summed as floats by a subgroup, that fit the
// kernels' tiles. All 0 where there are none, or where this build has no kernels for them. Before
// it, the limits and the subgroup's size must be known.
void matrices_describe(VkPhysicalDevice physical, struct vktl_device_info *info);

// Features that a logical device is created with, beside VK_KHR_cooperative_matrix, where
// info->matrix_rows is not 0.
struct matrices_features {
    VkPhysicalDeviceShaderFloat16Int8Features halves;
    VkPhysicalDeviceVulkanMemoryModelFeatures model;
    VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrices;
};

// All of them turned on, and linked into a list that ends with `next`; returns its first.
void *matrices_features_init(struct matrices_features *features, void *next);

#endif
