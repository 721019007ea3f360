// Strict mode: the same bits on every device; see shaders/lib/strict.glsl.
#ifndef ABI_STRICT_H
#define ABI_STRICT_H

// Number of the specialization constant that turns it on, above those that kernels have.
#define STRICT_CONSTANT 15

// 2^-50: what is smaller in size counts as 0.
#define STRICT_LEAST 8.8817841970012523e-16

#endif
