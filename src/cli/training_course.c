// Responsible for the tables of options that say how a run unfolds.
#include "cli/training_course.h"

#define AT(member) .offset = offsetof(struct course_options, member)

// In the order of their enumerations.
static const char *const schedules[] = {"constant", "step", "cosine", "one-cycle", NULL};
static const char *const monitors[] = {"default",  "loss",         "accuracy",
                                       "val_loss", "val_accuracy", NULL};
static const char *const modes[] = {"auto", "min", "max", NULL};

// clang-format off
const struct option training_schedule[] = {
    {.name = "schedule", .type = OPTION_CHOICE, .argument = "constant|step|cosine|one-cycle",
     AT(schedule.kind), .choices = schedules, .value = "constant",
     .help = "how the learning rate changes over the epochs of a phase; one-cycle rises from "
             "1/25 of --lr and falls to 1/100000 of it"},
    {.name = "warmup-epochs", .type = OPTION_U32, .argument = "N", AT(schedule.warmup_epochs),
     .value = "0", .max = 1000000, .unit = "epochs",
     .help = "first rise to the learning rate in a straight line; not with one-cycle"},
    {.name = "step-epochs", .type = OPTION_U32, .argument = "N", AT(schedule.step_epochs),
     .note = "a third of the epochs", .min = 1, .max = 1000000, .unit = "epochs",
     .help = "step: lower the rate after every so many"},
    {.name = "step-factor", .type = OPTION_F64, .argument = "F", AT(schedule.step_factor),
     .note = "0.1", .max = 1, .above_min = true, .below_max = true,
     .help = "step: to this part of what it was"},
    {.name = "final-factor", .type = OPTION_F64, .argument = "F", AT(schedule.final_factor),
     .value = "0", .max = 1,
     .help = "cosine: the last rate is this part of --lr"},
    {.name = "rise", .type = OPTION_F64, .argument = "F", AT(schedule.rise), .note = "0.25",
     .max = 1, .above_min = true, .below_max = true,
     .help = "one-cycle: part of the steps until the peak"},
    {.name = "reduce-lr", .type = OPTION_U32, .argument = "PATIENCE", AT(callbacks.reduce_lr),
     .note = "off", .min = 1, .max = 1000000, .unit = "epochs",
     .help = "lower the learning rate where --monitor has not improved for so many; Keras's "
             "ReduceLROnPlateau"},
    {.name = "lr-factor", .type = OPTION_F64, .argument = "F", AT(callbacks.lr_factor),
     .note = "0.1", .max = 1, .above_min = true, .below_max = true,
     .help = "to this part of what it was"},
    {.name = "lr-min-delta", .type = OPTION_F64, .argument = "D", AT(callbacks.lr_min_delta),
     .note = "0.0001", .above_min = true,
     .help = "a smaller change is no improvement for --reduce-lr"},
    {.name = "lr-cooldown", .type = OPTION_U32, .argument = "N", AT(callbacks.lr_cooldown),
     .value = "0", .max = 1000000, .unit = "epochs",
     .help = "after lowering it, wait so many before counting again"},
    {.name = "min-lr", .type = OPTION_F64, .argument = "RATE", AT(callbacks.min_lr), .value = "0",
     .help = "never lower than this"},
    {NULL},
};

const struct option training_callbacks[] = {
    {.name = "monitor", .type = OPTION_CHOICE,
     .argument = "loss|accuracy|val_loss|val_accuracy", AT(callbacks.monitor),
     .choices = monitors, .value = "default",
     .help = "what tells the best epoch, and what --early-stop and --reduce-lr watch; by default "
             "the best has the highest val_accuracy, the lower val_loss where equal, and the "
             "others watch val_loss"},
    {.name = "mode", .type = OPTION_CHOICE, .argument = "auto|min|max", AT(callbacks.mode),
     .choices = modes, .value = "auto",
     .help = "whether that should fall or rise; auto: losses fall, accuracies rise"},
    {.name = "early-stop", .type = OPTION_U32, .argument = "PATIENCE", AT(callbacks.early_stop),
     .note = "off", .min = 1, .max = 1000000, .unit = "epochs",
     .help = "end where --monitor has not improved for so many; best.safetensors has the best "
             "weights, last.safetensors the last"},
    {.name = "min-delta", .type = OPTION_F64, .argument = "D", AT(callbacks.min_delta),
     .value = "0",
     .help = "a smaller change is no improvement for --early-stop"},
    {.name = "baseline", .type = OPTION_F64, .argument = "V", AT(callbacks.baseline),
     .note = "none", .above_min = true,
     .help = "improvements renew the patience of --early-stop only if they are better than this"},
    {.name = "save-every", .type = OPTION_U32, .argument = "N", AT(callbacks.save_every),
     .note = "off", .min = 1, .max = 1000000, .unit = "epochs",
     .help = "also write epoch-NNN.safetensors after every so many"},
    {NULL},
};

const struct option training_fine_tune[] = {
    {.name = "unfreeze-from", .type = OPTION_TEXT, .argument = "LAYER",
     AT(fine_tune.unfreeze_from), .note = "off",
     .help = "when the head is trained, go on from its best weights and train this layer and all "
             "after it too; batch normalisation of the base stays as it is"},
    {.name = "fine-tune-epochs", .type = OPTION_U32, .argument = "N", AT(fine_tune.epochs),
     .value = "0", .max = 1000000, .unit = "epochs",
     .help = "so many of that second phase"},
    {.name = "fine-tune-lr", .type = OPTION_F64, .argument = "RATE",
     AT(fine_tune.learning_rate), .note = "a tenth of --lr", .above_min = true,
     .help = "its learning rate"},
    {NULL},
};
// clang-format on
