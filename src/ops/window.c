// Responsible for how many windows fit along an axis and where they start.
#include "ops/window.h"

#include <stddef.h>

const char *const window_paddings[] = {"valid", "same", NULL};

vktl_status window_fit(const struct vktl_log *log, const char *op, const char *axis,
                       struct window *window)
{
    const uint32_t in = window->before + window->in + window->after;
    const uint32_t kernel = window->kernel, stride = window->stride;
    window->pad = window->before;
    if (window->padding == WINDOW_VALID) {
        if (in < kernel)
            return log_fail(log, VKTL_INPUT,
                            "%s: a window of %u cells does not fit into a %s of %u; use a larger "
                            "image or padding \"same\"",
                            op, kernel, axis, in);
        window->out = (in - kernel) / stride + 1;
        return VKTL_OK;
    }
    window->out = (in - 1) / stride + 1;
    const uint64_t covered = (uint64_t)(window->out - 1) * stride + kernel;
    if (covered > in)
        window->pad += (uint32_t)((covered - in) / 2);
    return VKTL_OK;
}
