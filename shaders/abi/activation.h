// Activations that products compute along the way: conv2d, depthwise_conv2d and dense. In the order
// of product_activations of src/ops/product.c.
#ifndef ABI_ACTIVATION_H
#define ABI_ACTIVATION_H

#define ACTIVATION_LINEAR 0u
#define ACTIVATION_RELU   1u // max(y, 0)
#define ACTIVATION_RELU6  2u // min(max(y, 0), 6)

#endif
