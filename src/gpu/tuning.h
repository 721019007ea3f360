// What was measured to be best: choices by key, and the file that keeps a device's. What keys and
// choices mean is for those who measure.
#ifndef GPU_TUNING_H
#define GPU_TUNING_H

#include <vktl/device.h>

enum { TUNING_MAX_CHOICES = 1 << 13 }; // that are read from a file: each is looked for among all

struct tuning {
    struct tuning_choice {
        char *key, *value;
    } * choices;
    uint32_t count, capacity;
};

// The choice of a key, valid until it is set anew; NULL: there is none.
const char *tuning_find(const struct tuning *tuning, const char *key);

// Copies both, which hold no tab and no line's end. VKTL_NO_MEMORY, without a message.
vktl_status tuning_set(struct tuning *tuning, const char *key, const char *value);
void tuning_remove(struct tuning *tuning, uint32_t index);
void tuning_deinit(struct tuning *tuning); // back to {0}, which is an empty one

// A device's: at first what its file has, which lies beside the pipeline cache and is of this
// device, driver and these shaders. Empty with VKTL_TUNING_OFF, and where the file is damaged or
// foreign.
struct tuning *gpu_tuning(struct vktl_device *device);

// Replaces the file. Best effort: what cannot be written is measured again.
void gpu_tuning_write(struct vktl_device *device);

// As the device was opened.
const struct vktl_tuning_params *gpu_tuning_params(const struct vktl_device *device);

#endif
