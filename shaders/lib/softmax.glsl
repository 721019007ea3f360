// A row's maximum and sum of exponentials from those of its parts.
//
// Rows are cut into parts so that a few long rows still fill a GPU. A part's maximum is at least
// the lowest finite number, so that a part of -infinities adds 0 and not NaN.
#ifndef LIB_SOFTMAX_GLSL
#define LIB_SOFTMAX_GLSL

const float LOWEST = -3.4028234663852886e38;

struct row_sum { // sum of exp(x - maximum)
    float maximum, sum;
};

// Needs the buffer `parts`, and `push` with the number of parts.
#define ROW_SUM_OF_PARTS(row, result)                                                              \
    {                                                                                              \
        uint at_ = (row)*push.parts * 3;                                                           \
        result = row_sum(LOWEST, 0.0);                                                             \
        for (uint part_ = 0; part_ < push.parts; part_++)                                          \
            result.maximum = max(result.maximum, LOAD(parts, at_ + part_ * 3));                    \
        for (uint part_ = 0; part_ < push.parts; part_++) {                                        \
            float maximum_ = LOAD(parts, at_ + part_ * 3);                                         \
            float share_ = exponential(maximum_ - result.maximum);                                 \
            result.sum += LOAD(parts, at_ + part_ * 3 + 1) * share_;                               \
        }                                                                                          \
    }

#endif
