// The figures of an evaluation as text, as JSON and as pictures.
#ifndef CLI_EVAL_SHOW_H
#define CLI_EVAL_SHOW_H

#include <vktl/evaluate.h>

#include "cli/console.h"

struct eval_view {
    const char *model_name, *folder; // as the user wrote them
    const struct vktl_model *model;
    const struct vktl_dataset *dataset;
    const struct vktl_predictions *predictions;
    const struct vktl_evaluation *evaluation;
    uint32_t worst;                             // images listed
    const struct vktl_calibration *calibration; // NULL: none was fitted
    const struct vktl_evaluation *before;       // at temperature 1; NULL: that is `evaluation`
};

// Write to stdout. VKTL_NO_MEMORY, VKTL_IO.
vktl_status eval_write_text(struct console *console, const struct eval_view *view);
vktl_status eval_write_json(struct console *console, const struct eval_view *view);

// Makes the folder and writes confusion.png, reliability.png and worst.png.
vktl_status eval_write_pictures(struct console *console, const struct eval_view *view,
                                const char *folder);

#endif
