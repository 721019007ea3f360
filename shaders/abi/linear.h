// Groups along x of a folded linear dispatch; see shaders/lib/index.glsl.
#ifndef ABI_LINEAR_H
#define ABI_LINEAR_H

#define LINEAR_FOLD 32768u

#endif
