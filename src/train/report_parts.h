// What the files of the report share: all that is known of a run, and the page in the making.
#ifndef TRAIN_REPORT_PARTS_H
#define TRAIN_REPORT_PARTS_H

#include <vktl/cam.h>
#include <vktl/evaluate.h>
#include <vktl/picture.h>
#include <vktl/report.h>

#include "base/arena.h"
#include "view/page.h"

struct cJSON;

enum report_column {
    COLUMN_LOSS,
    COLUMN_ACCURACY,
    COLUMN_VAL_LOSS,
    COLUMN_VAL_ACCURACY,
    COLUMN_LEARNING_RATE,
    COLUMN_SECONDS,
    COLUMN_COUNT
};

// history.csv by columns; NaN where a cell is empty.
struct report_history {
    double *column[COLUMN_COUNT]; // (epochs)
    uint32_t epochs;
};

// An image that the run was made with, a row of files.csv.
struct report_image {
    const char *path;
    uint32_t class_index;
    bool is_validation;
};

struct report {
    const struct vktl_log *log;
    struct vktl_device *device;
    struct vktl_report_params params;
    struct arena strings; // all texts and arrays below
    bool is_out_of_memory;
    struct cJSON *config; // config.json, whichever version of vktl wrote it
    struct vktl_model *model;
    uint32_t best_epoch;      // 0: not known
    uint32_t fine_tune_epoch; // the first of the second phase; 0: there is none
    struct report_history history;
    struct report_image *images;
    uint32_t image_count;
    const char *judged_by;        // "validation images", or what else the predictions are of
    struct vktl_dataset *dataset; // those; NULL: there are none
    struct vktl_predictions predictions;
    struct vktl_evaluation evaluation;
    bool has_pictures;    // this vktl can draw
    struct vktl_cam *cam; // NULL: no maps
    struct page page;
};

// A text in the report's memory; "" where there is none left, which the end finds out.
const char *report_format(struct report *report, const char *format, ...) LOG_FORMAT(2, 3);

// `count` zeroed elements in the report's memory. NULL: out of memory, likewise.
void *report_array(struct report *report, size_t count, size_t size);

// A text of config.json, NULL where there is none.
const char *report_setting(const struct report *report, const char *name);

const char *report_class(const struct report *report, uint32_t index);

// ---- report_read.c: the files of the run

// VKTL_INPUT, with a message that names the file: missing or damaged.
vktl_status report_read(struct report *report);

// ---- report_training.c, report_evaluation.c: sections, in the order of the page

vktl_status report_add_training(struct report *report);
vktl_status report_add_evaluation(struct report *report);
vktl_status report_add_predictions(struct report *report);
void report_add_data(struct report *report);
void report_add_settings(struct report *report);
void report_add_files(struct report *report);

// Adds a picture drawn in both themes; `pictures` are destroyed. A status other than VKTL_OK only
// where memory is short.
vktl_status report_add_figure(struct report *report, struct vktl_picture *pictures[2],
                              const char *alt, const char *caption);

#endif
