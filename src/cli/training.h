// Options that every training takes, whether it is a whole run or a range test of learning rates:
// on what, of what, and how. Tables, to stand in a command's own under headings of its choice.
#ifndef CLI_TRAINING_H
#define CLI_TRAINING_H

#include <vktl/trainer.h>

#include "cli/augmentation.h"

struct training_options {
    const char *train;
    double val_split;
    bool no_shuffle;
    uint32_t image_size;
    int interpolation;
    struct model_options model;
    const char *name, *base_output, *head, *freeze;
    uint32_t batch, micro_batch; // batch UINT32_MAX: to be found
    int optimizer, precision;
    double momentum, beta_1, beta_2, epsilon, weight_decay, clip_norm, base_lr_factor;
    double label_smoothing;
    const char *class_weights;
    bool nesterov, train_batchnorm;
    uint64_t seed;
    uint64_t cache_limit, feature_store;
    bool no_cache;
    uint32_t augment_variants, refresh;
    struct augment_options augment;
};

// Rows that write to a struct training_options.
extern const struct option training_data[], training_model[], training_optimizer[],
    training_memory[];

// A table's rows, in the table of a command whose values `type_` has it as `member`.
#define ROWS_TRAINING(table_, type_, member)                                                       \
    {                                                                                              \
        .name = "", .type = OPTION_TABLE, .table = (table_), .offset = offsetof(type_, member)     \
    }

// Shows what comes before the first epoch, or before the first step of a range test: reading
// images, the plan (as a note), the frozen base, the range test itself.
void training_show(struct console *console, const struct vktl_train_progress *now);

// The rows of augmentation stand in the table of a command whose values `type_` has a struct
// training_options as `member`.
#define ROWS_AUGMENT(type_, member) ROWS_TRAINING(augment_rows, type_, member.augment)

// What the options say; all else is left at its default. Augmentation is augment_read's, which may
// fail. Strings are borrowed.
struct vktl_train_params training_params(const struct training_options *options);

#endif
