// Responsible for the options that trainings share, for what they mean to the library, and for
// showing what comes before the first epoch.
#include "cli/training.h"

#include <stdio.h>
#include <string.h>

static const char *const optimizers[] = {"sgd", "adam", "adamw", NULL}; // vktl_optimizer_kind

static const char *const precisions[] = {"fp32", "mixed", NULL};           // vktl_precision

#define AT(member) .offset = offsetof(struct training_options, member)

// clang-format off
const struct option training_data[] = {
    {.name = "train", .type = OPTION_TEXT, .argument = "DIR", AT(train),
     .note = "needed", .help = "training images, one folder a class"},
    {.name = "val-split", .type = OPTION_F64, .argument = "F", AT(val_split), .value = "0",
     .max = 1, .below_max = true,
     .help = "hold out this fraction of --train instead; which images depends on their paths "
             "alone"},
    {.name = "no-shuffle", .type = OPTION_FLAG, AT(no_shuffle),
     .help = "take the images in sorted order, epoch by epoch"},
    {.name = "image-size", .type = OPTION_U32, .argument = "N", AT(image_size),
     .note = "the model's", .min = 1, .max = 4096, .unit = "pixels",
     .help = "pixels on a side of the square that images are brought to"},
    {.name = "interpolation", .type = OPTION_CHOICE, .argument = "nearest|bilinear",
     AT(interpolation), .choices = interpolation_choices, .note = "bilinear",
     .help = "how images are resized; bilinear is antialiased, Keras's default is nearest"},
    {.name = "preprocess", .type = OPTION_CHOICE, .argument = "caffe|tf|torch|none",
     AT(model.preprocess), .choices = preprocess_choices, .note = "the model's",
     .help = "what happens to pixel values before the model sees them; kept in the model"},
    {NULL},
};

const struct option training_model[] = {
    {.name = "model", .type = OPTION_TEXT, .argument = "NAME|FILE", AT(name), .value = "vgg16",
     .help = "a name from `vktl summary --list`, a Keras Sequential .json, a vktl .safetensors or "
             "a run folder"},
    {.name = "weights", .type = OPTION_TEXT, .argument = "FILE", AT(model.weights),
     .note = "the model's own, if any",
     .help = "Keras .h5 or .safetensors, by layer name; none: not even the model's own"},
    {.name = "base-output", .type = OPTION_TEXT, .argument = "LAYER", AT(base_output),
     .note = "the last before the top",
     .help = "cut the base after this layer"},
    {.name = "head", .type = OPTION_TEXT, .argument = "SPEC", AT(head),
     .value = "flatten,dense:256:relu,dropout:0.5",
     .help = "the new top, to which a softmax over the classes is added: flatten, gap, gmp, "
             "dense:UNITS[:ACTIVATION], dropout:RATE; or keep, for the model's own"},
    {.name = "freeze", .type = OPTION_TEXT, .argument = "base|none|LAYER", AT(freeze),
     .value = "base",
     .help = "what keeps its weights: the base, nothing, or all up to a layer"},
    {NULL},
};

const struct option training_optimizer[] = {
    {.name = "batch", .type = OPTION_U32, .argument = "N|auto", AT(batch), .value = "16", .min = 1,
     .max = 65536, .unit = "images", .word = "auto",
     .help = "images a step; a short last batch is kept; auto: the largest power of two that fits "
             "in memory, up to 256 and to the number of images"},
    {.name = "precision", .type = OPTION_CHOICE, .argument = "fp32|mixed", AT(precision),
     .value = "fp32", .choices = precisions,
     .help = "mixed: convolutions and dense layers multiply half-precision numbers and sum float32 "
             "ones, on GPUs with cooperative matrices (`vktl devices`); weights stay float32, the "
             "loss is scaled for them"},
    {.name = "optimizer", .type = OPTION_CHOICE, .argument = "sgd|adam|adamw", AT(optimizer),
     .value = "sgd", .choices = optimizers,
     .help = "how weights follow gradients, by Keras's formulas; adamw is adam with weight decay"},
    {.name = "momentum", .type = OPTION_F64, .argument = "M", AT(momentum), .value = "0.9",
     .max = 1, .below_max = true,
     .help = "sgd: share of the last update that is kept"},
    {.name = "nesterov", .type = OPTION_FLAG, AT(nesterov), .help = "sgd: Nesterov's momentum"},
    {.name = "beta-1", .type = OPTION_F64, .argument = "B", AT(beta_1), .value = "0.9",
     .max = 0.999999,
     .help = "adam: share of the mean of gradients that is kept"},
    {.name = "beta-2", .type = OPTION_F64, .argument = "B", AT(beta_2), .value = "0.999",
     .max = 0.999999,
     .help = "adam: share of the mean of squared gradients that is kept"},
    {.name = "epsilon", .type = OPTION_F64, .argument = "E", AT(epsilon), .value = "1e-7",
     .min = 1e-30, .max = 1,
     .help = "adam: added to the root of that mean"},
    {.name = "weight-decay", .type = OPTION_F64, .argument = "D", AT(weight_decay),
     .value = "-1", .min = -1, .max = 1,
     .help = "weights shrink by the learning rate times this, each step; -1: the optimizer's own, "
             "0.004 of adamw and 0 of the others"},
    {.name = "clip-norm", .type = OPTION_F64, .argument = "N", AT(clip_norm), .note = "not clipped",
     .help = "scale gradients down where the norm of all of them together is above this"},
    {.name = "label-smoothing", .type = OPTION_F64, .argument = "S", AT(label_smoothing),
     .value = "0", .max = 1, .below_max = true,
     .help = "share of each target that is spread evenly over all classes; a part of the loss, "
             "val_loss too"},
    {.name = "class-weights", .type = OPTION_TEXT, .argument = "balanced|W,W,...",
     AT(class_weights), .note = "1 each",
     .help = "what an image of each class counts in the training loss, in the order of the "
             "classes; balanced: images / (classes * images of the class). A batch's loss is the "
             "weighted sum divided by its images, as Keras's class_weight; val_loss is not "
             "weighted"},
    {.name = "base-lr-factor", .type = OPTION_F64, .argument = "F", AT(base_lr_factor),
     .value = "1", .max = 1e6,
     .help = "layers of the base learn at so many times the learning rate"},
    {.name = "train-batchnorm", .type = OPTION_FLAG, AT(train_batchnorm),
     .help = "batch normalisation whose statistics came from a file learns new ones where it is "
             "trained, instead of keeping them; those that validation uses follow slowly (often 1% "
             "a step), so it lags behind for some hundred steps"},
    {.name = "seed", .type = OPTION_U64, .argument = "N", AT(seed), .value = "0",
     .help = "of initial weights, order of the images, dropout, augmentation"},
    {NULL},
};

const struct option training_memory[] = {
    {.name = "micro-batch", .type = OPTION_U32, .argument = "N", AT(micro_batch),
     .note = "0, all of a batch", .max = 65536, .unit = "images",
     .help = "compute so many images at once and sum the gradients of a batch's parts, whose "
             "result is the same up to rounding; where memory runs out, this is halved"},
    {.name = "cache-limit", .type = OPTION_SIZE, .argument = "SIZE", AT(cache_limit), .value = "2G",
     .help = "host memory for the output of a frozen base, as 512M or 2G, and in what that leaves "
             "for decoded images"},
    {.name = "feature-store", .type = OPTION_SIZE, .argument = "SIZE", AT(feature_store),
     .value = "4G",
     .help = "room in the user's cache folder for the output of frozen bases: what --cache-limit "
             "does not hold, and for later runs to find again; what was not used for longest goes "
             "first; 0: none"},
    {.name = "no-cache", .type = OPTION_FLAG, AT(no_cache),
     .help = "compute the frozen base anew each step; keep and look for nothing on disk"},
    {.name = "augment-variants", .type = OPTION_U32, .argument = "V", AT(augment_variants),
     .note = "8", .min = 1, .max = 10000, .unit = "variants",
     .help = "with a frozen base and augmentation: variants of each image whose output is kept; "
             "each epoch takes one; fewer where --cache-limit holds no more"},
    {.name = "refresh", .type = OPTION_U32, .argument = "N", AT(refresh), .note = "0, never",
     .max = 1000000, .unit = "epochs",
     .help = "draw these variants anew every N epochs"},
    {NULL},
};
// clang-format on

// What is zero on the command line is meant; in the library it asks for the default.
static double meant(double number)
{
    return number == 0 ? -1 : number;
}

struct vktl_train_params training_params(const struct training_options *options)
{
    static const vktl_preprocess preprocesses[] = {VKTL_PREPROCESS_NONE, VKTL_PREPROCESS_CAFFE,
                                                   VKTL_PREPROCESS_TF, VKTL_PREPROCESS_TORCH};
    static const vktl_interpolation interpolations[] = {VKTL_NEAREST, VKTL_BILINEAR};
    struct vktl_train_params params = {
        .train_folder = options->train,
        .validation_split = options->val_split,
        .model = {.model = options->name,
                  .weights = options->model.weights,
                  .image_size = options->image_size,
                  .head = options->head,
                  .base_output = options->base_output,
                  .freeze = options->freeze,
                  .train_batchnorm = options->train_batchnorm},
        .batch = options->batch == UINT32_MAX ? 0 : options->batch,
        .find_batch = options->batch == UINT32_MAX,
        .micro_batch = options->micro_batch,
        .precision = (enum vktl_precision)options->precision,
        .optimizer = {.kind = (enum vktl_optimizer_kind)options->optimizer,
                      .momentum = meant(options->momentum),
                      .nesterov = options->nesterov,
                      .beta_1 = meant(options->beta_1),
                      .beta_2 = meant(options->beta_2),
                      .epsilon = options->epsilon,
                      .weight_decay = options->weight_decay < 0 ? 0 : meant(options->weight_decay),
                      .clip_norm = options->clip_norm,
                      .base_lr_factor = meant(options->base_lr_factor),
                      .label_smoothing = options->label_smoothing,
                      .class_weights = options->class_weights},
        .no_shuffle = options->no_shuffle,
        .seed = options->seed,
        .cache_limit = options->cache_limit,
        .no_cache = options->no_cache || options->cache_limit == 0,
        .feature_store_limit = options->feature_store,
        .no_feature_store = options->no_cache || options->feature_store == 0,
        .augment_variants = options->augment_variants,
        .refresh_epochs = options->refresh,
    };
    if (options->model.preprocess != OPTION_NO_CHOICE)
        params.model.preprocess = &preprocesses[options->model.preprocess];
    if (options->interpolation != OPTION_NO_CHOICE)
        params.model.interpolation = &interpolations[options->interpolation];
    return params;
}

// ---- Progress

static void say_plan(struct console *console, const char *plan)
{
    const size_t length = strlen(plan);
    const bool ends_line = length && plan[length - 1] == '\n';
    console_say(console, "%.*s", (int)(ends_line ? length - 1 : length), plan);
}

// "8 augmented variants of 93 images, 25 images for validation", and how long that took.
static void say_features(struct console *console, const struct vktl_train_progress *now)
{
    char seconds[CONSOLE_TIME_SIZE], variants[40] = "", others[48] = "", found[48] = "";
    const uint32_t other_count = now->total - now->images * now->variants;
    if (now->variants > 1)
        snprintf(variants, sizeof variants, "%u augmented variants of ", now->variants);
    if (other_count)
        snprintf(others, sizeof others, ", %u images for validation", other_count);
    if (now->found)
        snprintf(found, sizeof found, ", %u of them kept from earlier runs", now->found);
    console_say(console, "Output of the frozen base: %s%u images%s%s - %s", variants, now->images,
                others, found, console_duration(now->seconds, seconds));
}

static void show_features(struct console *console, const struct vktl_train_progress *now)
{
    draw_count(console, "Frozen base", now->done, now->total, now->seconds);
    if (now->done == now->total)
        say_features(console, now);
}

static void draw_range_step(struct console *console, const struct vktl_train_progress *now)
{
    char right[CONSOLE_LINE_SIZE];
    if (!console_wants_line(console))
        return;
    snprintf(right, sizeof right, "  lr %.2e loss %.4f", now->learning_rate, now->loss);
    console_draw(console, "Range test", now->done, now->total, right);
}

void training_show(struct console *console, const struct vktl_train_progress *now)
{
    switch (now->stage) {
    case VKTL_TRAIN_SCAN:
        draw_count(console, "Reading images", now->done, now->total, now->seconds);
        break;
    case VKTL_TRAIN_PLAN:
        say_plan(console, now->plan);
        break;
    case VKTL_TRAIN_FEATURES:
        show_features(console, now);
        break;
    case VKTL_TRAIN_LR_STEP:
        draw_range_step(console, now);
        break;
    case VKTL_TRAIN_LR_FOUND:
        console_say(console, "Learning rate: %.3g, by the range test", now->learning_rate);
        break;
    case VKTL_TRAIN_STEP:
    case VKTL_TRAIN_EPOCH:
        break;
    }
}
