// Responsible for the options that trainings share, and for what they mean to the library.
#include "cli/training.h"

static const char *const optimizers[] = {"sgd", NULL};

#define AT(member) .offset = offsetof(struct training_options, member)

// clang-format off
const struct option training_data[] = {
    {.name = "train", .type = OPTION_TEXT, .argument = "DIR", AT(train), .required = true,
     .help = "training images, one folder a class"},
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
    {.name = "batch", .type = OPTION_U32, .argument = "N", AT(batch), .value = "16", .min = 1,
     .max = 65536, .unit = "images",
     .help = "images a step; a short last batch is kept"},
    {.name = "optimizer", .type = OPTION_CHOICE, .argument = "sgd", AT(optimizer), .value = "sgd",
     .choices = optimizers,
     .help = "how weights follow gradients"},
    {.name = "momentum", .type = OPTION_F64, .argument = "M", AT(momentum), .value = "0.9",
     .max = 1, .below_max = true,
     .help = "share of the last update that is kept"},
    {.name = "nesterov", .type = OPTION_FLAG, AT(nesterov), .help = "Nesterov's momentum"},
    {.name = "weight-decay", .type = OPTION_F64, .argument = "D", AT(weight_decay), .value = "0",
     .help = "weights shrink by the learning rate times this, each step"},
    {.name = "seed", .type = OPTION_U64, .argument = "N", AT(seed), .value = "0",
     .help = "of initial weights, order of the images, dropout, augmentation"},
    {NULL},
};

const struct option training_memory[] = {
    {.name = "cache-limit", .type = OPTION_SIZE, .argument = "SIZE", AT(cache_limit), .value = "2G",
     .help = "host memory for the output of a frozen base, as 512M or 2G"},
    {.name = "no-cache", .type = OPTION_FLAG, AT(no_cache),
     .help = "compute the frozen base anew each step"},
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

struct vktl_train_params training_params(const struct training_options *options)
{
    static const vktl_preprocess preprocesses[] = {VKTL_PREPROCESS_NONE, VKTL_PREPROCESS_CAFFE,
                                                   VKTL_PREPROCESS_TF, VKTL_PREPROCESS_TORCH};
    static const vktl_interpolation interpolations[] = {VKTL_NEAREST, VKTL_BILINEAR};
    // What is zero on the command line is meant; in the library it asks for the default.
    struct vktl_train_params params = {
        .train_folder = options->train,
        .validation_split = options->val_split,
        .model = {.model = options->name,
                  .weights = options->model.weights,
                  .image_size = options->image_size,
                  .head = options->head,
                  .base_output = options->base_output,
                  .freeze = options->freeze},
        .batch = options->batch,
        .momentum = options->momentum == 0 ? -1 : options->momentum,
        .weight_decay = options->weight_decay,
        .nesterov = options->nesterov,
        .no_shuffle = options->no_shuffle,
        .seed = options->seed,
        .cache_limit = options->cache_limit,
        .no_cache = options->no_cache || options->cache_limit == 0,
        .augment_variants = options->augment_variants,
        .refresh_epochs = options->refresh,
    };
    if (options->model.preprocess != OPTION_NO_CHOICE)
        params.model.preprocess = &preprocesses[options->model.preprocess];
    if (options->interpolation != OPTION_NO_CHOICE)
        params.model.interpolation = &interpolations[options->interpolation];
    return params;
}
