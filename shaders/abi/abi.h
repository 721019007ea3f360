// What makes one header readable by C and by GLSL. Push structs hold 4-byte scalars only (no
// vectors, no bool, no arrays), so that std430 and C agree without thought.
#ifndef ABI_H
#define ABI_H

#ifdef GL_core_profile
#define uint32_t uint
#define int32_t  int
#define ABI_WORDS(name, words)
#else
#include <stdint.h>
#define ABI_WORDS(name, words)                                                                     \
    _Static_assert(sizeof(struct name) == 4 * (words), #name " must have " #words " words");
#endif

#endif
