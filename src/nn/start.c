// Responsible for the settings of the operator that makes a model's input out of images.
#include "nn/start.h"

vktl_status start_infer(const struct vktl_log *log, const struct start_params *start,
                        struct op_io *io)
{
    enum { BYTES_OF_PIXEL = 3 };
    const struct op *op = op_find("augment");
    const struct field *fill = field_find(op->fields, "fill_mode");
    const double size[] = {start->height, start->width}, constant = start->constant;
    const uint64_t bytes = (uint64_t)start->height * start->width * BYTES_OF_PIXEL;
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    vktl_status status;
    fields_init(op->fields, params);
    TRY(field_set_numbers(log, field_find(op->fields, "size"), params, size, 2));
    TRY(field_set_word(log, field_find(op->fields, "preprocess"), params,
                       vktl_preprocess_name(start->preprocess)));
    TRY(field_set_word(log, fill, params, fill->choices[start->fill]));
    TRY(field_set_numbers(log, field_find(op->fields, "cval"), params, &constant, 1));
    TRY(field_set_word(log, field_find(op->fields, "channel_shift"), params,
                       start->has_shifts ? "true" : "false"));
    *io = (struct op_io){
        .in = {shape_2d(start->batch, (uint32_t)((bytes - 1) / sizeof(uint32_t) + 1)),
               shape_2d(start->batch, sizeof(struct augment_image) / sizeof(uint32_t))},
        .in_count = 2,
    };
    return op->infer(log, params, io);
fail:
    return status;
}
