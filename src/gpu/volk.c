// Responsible for nothing of its own: compiles volk, which finds Vulkan's functions at run time, so
// that the program starts, and says what is missing, on a machine without any Vulkan.
#define VOLK_IMPLEMENTATION
#include <volk.h>
