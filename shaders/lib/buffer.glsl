// How every shader reaches memory: by name, in the form that it is compiled for.
//
//   BUFFER_IN(float, RELU_X, x)      a buffer that is read; RELU_X is its number in the abi header
//   BUFFER_OUT(float, RELU_Y, y)     one that is written
//   BUFFER_INOUT(float, SGD_W, w)    one that is read and written
//   PUSH(relu_push, RELU_BUFFERS)    the push constants, as `push`, and how many buffers there are
//
// then LOAD(x, i) and STORE(y, i, value), with i an int or uint element index and value a float or
// a uint.
//
// BUFFER_IN_FOUR, _OUT_FOUR and _INOUT_FOUR, of floats, besides let LOAD_FOUR(x, i) and
// STORE_FOUR(y, i, value) move four elements at once as a vec4; i and the start of the slice must
// be multiples of four elements.
//
// VKTL_STORAGE: storage buffers of descriptor set 0, binding = number. VKTL_ADDRESS: addresses at
// the front of the push constants. Which one is faster differs by driver several times over.
#ifndef LIB_BUFFER_GLSL
#define LIB_BUFFER_GLSL

#include "strict.glsl"

#ifdef VKTL_ADDRESS
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_scalar_block_layout : require

#define BUFFER_TYPE(qualifier, type, number, name)                                                 \
    layout(buffer_reference, std430, buffer_reference_align = 4) qualifier buffer name##_buffer    \
    {                                                                                              \
        type data[];                                                                               \
    };                                                                                             \
    const uint name##_number = number;
#define FOUR_TYPE(qualifier, number, name)                                                         \
    layout(buffer_reference, std430, buffer_reference_align = 16) qualifier buffer                 \
        name##_four_buffer                                                                         \
    {                                                                                              \
        vec4 data[];                                                                               \
    };
#define PUSH(type, buffers)                                                                        \
    layout(push_constant, std430) uniform Push                                                     \
    {                                                                                              \
        uvec2 address[buffers];                                                                    \
        type push;                                                                                 \
    };
#define LOAD(name, i)         (name##_buffer(address[name##_number]).data[i])
#define STORE_AS_IS(name, i, value) name##_buffer(address[name##_number]).data[i] = (value)
#define LOAD_FOUR(name, i)    (name##_four_buffer(address[name##_number]).data[(i) / 4])
#define STORE_FOUR(name, i, value)                                                                 \
    name##_four_buffer(address[name##_number]).data[(i) / 4] = settled(value)
#else
#define FOUR_TYPE(qualifier, number, name)                                                         \
    layout(std430, set = 0, binding = number) qualifier buffer name##_four_buffer                  \
    {                                                                                              \
        vec4 data[];                                                                               \
    } name##_four;
#define BUFFER_TYPE(qualifier, type, number, name)                                                 \
    layout(std430, set = 0, binding = number) qualifier buffer name##_buffer                       \
    {                                                                                              \
        type data[];                                                                               \
    } name;
#define PUSH(type, buffers)                                                                        \
    layout(push_constant, std430) uniform Push                                                     \
    {                                                                                              \
        type push;                                                                                 \
    };
#define LOAD(name, i)         (name.data[i])
#define STORE_AS_IS(name, i, value) name.data[i] = (value)
#define LOAD_FOUR(name, i)    (name##_four.data[(i) / 4])
#define STORE_FOUR(name, i, value) name##_four.data[(i) / 4] = settled(value)
#endif

// A store keeps of the value what strict mode lets it; of means of squares by STORE_SQUARE.
#define STORE(name, i, value)        STORE_AS_IS(name, i, settled(value))
#define STORE_SQUARE(name, i, value) STORE_AS_IS(name, i, settled_square(value))

#define BUFFER_IN(type, number, name)    BUFFER_TYPE(readonly, type, number, name)
#define BUFFER_OUT(type, number, name)   BUFFER_TYPE(writeonly, type, number, name)
#define BUFFER_INOUT(type, number, name) BUFFER_TYPE(, type, number, name)

#define BUFFER_IN_FOUR(number, name)                                                               \
    BUFFER_IN(float, number, name)                                                                 \
    FOUR_TYPE(readonly, number, name)
#define BUFFER_OUT_FOUR(number, name)                                                              \
    BUFFER_OUT(float, number, name)                                                                \
    FOUR_TYPE(writeonly, number, name)
#define BUFFER_INOUT_FOUR(number, name)                                                            \
    BUFFER_INOUT(float, number, name)                                                              \
    FOUR_TYPE(, number, name)

#endif
