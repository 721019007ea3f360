// Windows that slide along an axis: where pooling and convolution look.
#ifndef OPS_WINDOW_H
#define OPS_WINDOW_H

#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

// What `padding` may be, for fields of type FIELD_CHOICE. Same is TensorFlow's: the odd cell goes
// to the bottom and right.
enum window_padding { WINDOW_VALID, WINDOW_SAME };
extern const char *const window_paddings[];

// One axis, in cells. Output o looks at the input from o * stride - pad on.
struct window {
    uint32_t in, kernel, stride;
    uint32_t before, after; // zeros around the input that are there whatever `padding` is
    enum window_padding padding;
    uint32_t out, pad; // filled by window_fit
};

// Fails with VKTL_INPUT where no window fits; `op` and `axis` ("height") are for the message.
vktl_status window_fit(const struct vktl_log *log, const char *op, const char *axis,
                       struct window *window);

#endif
