// What a product does with its sums; see abi/activation.h. A NaN stays one.
#ifndef LIB_ACTIVATION_GLSL
#define LIB_ACTIVATION_GLSL

#include "../abi/activation.h"

float activate(uint activation, float value)
{
    value = activation != ACTIVATION_LINEAR && value < 0.0 ? 0.0 : value;
    return activation == ACTIVATION_RELU6 && value > 6.0 ? 6.0 : value;
}

// Whether a gradient passes where the result was `y`.
bool activation_passes(uint activation, float y)
{
    return activation == ACTIVATION_LINEAR ||
           (y > 0.0 && (activation != ACTIVATION_RELU6 || y < 6.0));
}

#endif
