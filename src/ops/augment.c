// What every image goes through on its way into a model: RGB bytes become floats, and training
// images are distorted as Keras's ImageDataGenerator does it. In this order, v being one value:
//
//   one affine map   bilinear between the four nearest pixels, the rows' interpolation last;
//   outside
//                    the image as scipy.ndimage's modes nearest, constant, reflect, wrap
//   shift            v = clamp(v + shift, m, M), m and M the smallest and largest value of the
//   image
//                    after the map, all channels taken together
//   flips            exact, so it does not matter that they are done by reading elsewhere
//   brightness       v = floor(min(brightness * floor(v), 255)): Keras hands the image to Pillow
//                    as bytes, whose ImageEnhance.Brightness cuts off fractions
//   preprocessing    y = (v - mean) * factor a channel, channels reversed first for `caffe`
//
// An image without flags takes the last step alone. All of it is +, -, *, min, max and floor of
// float32, rounded once each, on coordinates that are integers of 64 bits: the bits are the same on
// every device, and so they are in the reference. (A division, as Keras has it in `tf` and `torch`,
// would not be: Vulkan lets it be off by 2.5 units in the last place.) What is drawn for an image
// is src/data/augment.c's.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/expect.h"
#include "ops/scratch.h"
#include "ops/split.h"
#include "abi/augment.h"
#include "shaders.h"

enum { CHANNELS = 3, MIN_PART_LENGTH = 64 };

struct params {
    uint32_t size[2];
    uint32_t preprocess, fill_mode;
    float cval;
    uint32_t channel_shift;
};

static const char *const preprocess_words[] = {"none", "caffe", "tf", "torch", NULL};
static const char *const fill_words[] = {"nearest", "constant", "reflect", "wrap", NULL};

static const struct field fields[] = {
    {"size", offsetof(struct params, size), FIELD_PAIR, 1, 1, 65535, "pixels",
     "height and width of the images"},
    {"preprocess", offsetof(struct params, preprocess), FIELD_CHOICE, 0, 0, 3, "",
     "what the model wants done to values from 0 to 255", preprocess_words},
    {"fill_mode", offsetof(struct params, fill_mode), FIELD_CHOICE, 0, 0, 3, "",
     "what lies outside an image", fill_words},
    {"cval", offsetof(struct params, cval), FIELD_F32, 0, 0, 255, "", "value of constant filling"},
    {"channel_shift", offsetof(struct params, channel_shift), FIELD_BOOL, 0, 0, 1, "",
     "images may be shifted, so that their limits are looked for"},
    {0},
};

// (v - mean) * factor, by channel of the output: Keras's preprocess_input
// (keras/src/applications/imagenet_utils.py) with its divisions turned into one factor.
struct formula {
    bool reversed;
    float mean[CHANNELS], factor[CHANNELS];
};

static const struct formula formulas[] = {
    {false, {0, 0, 0}, {1, 1, 1}},
    {true, {103.939f, 116.779f, 123.68f}, {1, 1, 1}},
    {false, {127.5f, 127.5f, 127.5f}, {1 / 127.5, 1 / 127.5, 1 / 127.5}},
    {false,
     {0.485 * 255, 0.456 * 255, 0.406 * 255},
     {1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)}},
};

static const struct kernel forward_kernel = {
    KERNEL(augment_fwd),
    .push_size = sizeof(struct augment_push),
    .access = {[AUGMENT_FWD_BYTES] = ACCESS_READ,
               [AUGMENT_FWD_IMAGES] = ACCESS_READ,
               [AUGMENT_FWD_LIMITS] = ACCESS_READ,
               [AUGMENT_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel parts_kernel = {
    KERNEL(augment_parts),
    .push_size = sizeof(struct augment_push),
    .access = {[AUGMENT_PARTS_BYTES] = ACCESS_READ,
               [AUGMENT_PARTS_IMAGES] = ACCESS_READ,
               [AUGMENT_PARTS_PARTS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel limits_kernel = {
    KERNEL(augment_limits),
    .push_size = sizeof(struct augment_push),
    .access = {[AUGMENT_LIMITS_PARTS] = ACCESS_READ, [AUGMENT_LIMITS_LIMITS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &parts_kernel, &limits_kernel,
                                               NULL};

static struct augment_push push_of(const struct params *p, const struct shape *bytes)
{
    const struct formula *formula = &formulas[p->preprocess];
    const struct split split = split_evenly(p->size[0] * p->size[1], MIN_PART_LENGTH);
    return (struct augment_push){
        .batch = bytes->dim[0],
        .height = p->size[0],
        .width = p->size[1],
        .words = bytes->dim[1],
        .fill = p->fill_mode,
        .constant = p->cval,
        .reversed = formula->reversed,
        .mean_0 = formula->mean[0],
        .mean_1 = formula->mean[1],
        .mean_2 = formula->mean[2],
        .factor_0 = formula->factor[0],
        .factor_1 = formula->factor[1],
        .factor_2 = formula->factor[2],
        .part_length = split.length,
        .parts = p->channel_shift ? split.parts : 0, // none: limits are not looked for
    };
}

static uint64_t limits_size(const struct augment_push *push)
{
    return scratch_align(push->batch * 2 * sizeof(float));
}

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    const struct params *p = params;
    vktl_status status;
    TRY(expect_rows(log, "augment", io));
    io->out = shape_4d(io->in[0].dim[0], p->size[0], p->size[1], CHANNELS);
    TRY(expect_sane(log, "augment", io));
    const uint64_t bytes = (uint64_t)p->size[0] * p->size[1] * CHANNELS;
    const struct shape images = shape_2d(io->in[0].dim[0], sizeof(struct augment_image) / 4);
    if (io->in[0].dim[1] != (bytes - 1) / 4 + 1 || !shape_equal(&io->in[1], &images))
        FAIL(log, VKTL_INPUT, "augment: %u words do not make an image of %u x %u pixels",
             io->in[0].dim[1], p->size[0], p->size[1]);
    const struct augment_push push = push_of(p, &io->in[0]);
    io->forward_scratch_size =
        limits_size(&push) + (uint64_t)push.batch * push.parts * 2 * sizeof(float);
    io->flops = shape_count(&io->out) * 40;
    OP_SET_PUSH(io, push);
fail:
    return status;
}

static void record_limits(struct recorder *recorder, const struct op_call *call,
                          struct slice limits)
{
    const struct augment_push *push = OP_PUSH(augment_push, call->io);
    const uint64_t start = limits_size(push);
    const struct slice parts = slice_part(call->scratch, start, call->scratch.size - start);
    record_dispatch(recorder, &parts_kernel,
                    &(struct dispatch){
                        .bind = {[AUGMENT_PARTS_BYTES] = call->in[0],
                                 [AUGMENT_PARTS_IMAGES] = call->in[1],
                                 [AUGMENT_PARTS_PARTS] = parts},
                        .push = push,
                        .threads = {push->batch * push->parts},
                        .flops = call->io->flops,
                    });
    record_dispatch(recorder, &limits_kernel,
                    &(struct dispatch){
                        .bind = {[AUGMENT_LIMITS_PARTS] = parts, [AUGMENT_LIMITS_LIMITS] = limits},
                        .push = push,
                        .threads = {push->batch},
                        .flops = 2 * (uint64_t)push->batch * push->parts,
                    });
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct augment_push *push = OP_PUSH(augment_push, call->io);
    const struct slice limits =
        slice_part(call->scratch, 0, (uint64_t)push->batch * 2 * sizeof(float));
    if (push->parts)
        record_limits(recorder, call, limits);
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[AUGMENT_FWD_BYTES] = call->in[0],
                                 [AUGMENT_FWD_IMAGES] = call->in[1],
                                 [AUGMENT_FWD_LIMITS] = limits,
                                 [AUGMENT_FWD_Y] = call->out},
                        .push = push,
                        .threads = {push->batch * push->height * push->width},
                        .flops = call->io->flops,
                    });
}

const struct op op_augment = {
    .name = "augment",
    .kind = OP_INPUT,
    .fields = fields,
    .params_size = sizeof(struct params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
};
