// Workgroups of the kernels that give each element an invocation of its own.
#ifndef OPS_ELEMENTWISE_H
#define OPS_ELEMENTWISE_H

// 256 is what every driver allows; large groups cost CPU drivers nothing without barriers.
#define ELEMENTWISE_LOCAL 256

#endif
