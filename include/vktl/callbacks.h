// What happens after an epoch depending on its figures: Keras's ModelCheckpoint, EarlyStopping and
// ReduceLROnPlateau. (TerminateOnNaN is always on.)
#ifndef VKTL_CALLBACKS_H
#define VKTL_CALLBACKS_H

#include <stdint.h>

#include <vktl/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vktl_monitor {
    VKTL_MONITOR_DEFAULT,
    VKTL_MONITOR_LOSS,
    VKTL_MONITOR_ACCURACY,
    VKTL_MONITOR_VAL_LOSS,
    VKTL_MONITOR_VAL_ACCURACY,
};

// A zeroed member asks for its default, which stands in brackets, or turns something off. Patience
// is counted as Keras counts it: 1 acts on the first epoch that is no improvement.
struct vktl_callbacks {
    // What all three watch. Unless chosen, early stopping and the learning rate watch val_loss, and
    // the best model is that of the highest val_accuracy, the lower val_loss where equal (accuracy
    // and loss without validation).
    enum vktl_monitor monitor;
    enum vktl_monitor_mode {
        VKTL_MONITOR_AUTO, // losses should fall, accuracies rise
        VKTL_MONITOR_MIN,
        VKTL_MONITOR_MAX,
    } mode;

    uint32_t early_stop; // patience in epochs [off]
    double min_delta;    // a smaller change is no improvement [0]
    double baseline;     // patience is renewed only by values better than this, too [none]

    uint32_t reduce_lr;   // patience in epochs [off]
    double lr_factor;     // the new rate is the old one times this; below 1 [0.1]
    double lr_min_delta;  // as min_delta; negative: 0 [0.0001]
    uint32_t lr_cooldown; // epochs after a reduction that do not count [0]
    double min_lr;        // no rate below this [0]

    uint32_t save_every; // epoch-NNN.safetensors after every so many epochs [off]
};

// "loss", "accuracy", "val_loss", "val_accuracy"; "default". A static string.
VKTL_API const char *vktl_monitor_name(enum vktl_monitor monitor);

#ifdef __cplusplus
}
#endif
#endif
