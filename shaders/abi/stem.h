// Tiles of the kernels for 3x3 cells and three channels; their buffers and push constants are those
// of abi/conv2d.h. See src/ops/stem.c.
#ifndef ABI_STEM_H
#define ABI_STEM_H

#define STEM_CHANNELS 3
#define STEM_PIXELS   16 // of a line, that a subgroup computes in forward
#define STEM_COLUMNS  16 // output channels that it computes
#define STEM_VECTORS  2  // in dw: as many times LANES; more take SwiftShader minutes to compile

#endif
