// Responsible for choosing the loss scale. The constants are PyTorch's GradScaler's.
#include "train/loss_scale.h"

enum { FIRST = 65536, GROWTH_STEPS = 2000 };

static const double largest = 16777216, smallest = 1; // 2^24: a loss of 1 stays far from infinity

void loss_scale_reset(bool mixed, struct loss_scale *scale)
{
    *scale = (struct loss_scale){.value = mixed ? FIRST : 1};
}

bool loss_scale_update(bool finite, struct loss_scale *scale)
{
    if (!finite) {
        scale->good = 0;
        scale->skipped++;
        if (scale->value <= smallest)
            return false;
        scale->value /= 2;
        return true;
    }
    scale->good++;
    if (scale->good >= GROWTH_STEPS && scale->value < largest) {
        scale->value *= 2;
        scale->good = 0;
    }
    return true;
}
