// How many rows count: all with the moving statistics, those of step.rows samples with the batch's.
#ifndef LIB_BATCHNORM_GLSL
#define LIB_BATCHNORM_GLSL

// Needs the buffer `now`, a step, and `push`, a batchnorm_push.
#define COUNTED_ROWS()                                                                             \
    (push.batch != 0 ? min(LOAD(now, 0).rows * push.sample_rows, push.rows) : push.rows)

#endif
