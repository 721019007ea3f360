// Responsible for Keras's table of layers.
#include "nn/model.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

enum { NAME_WIDTH = 40, SHAPE_WIDTH = 26, TABLE_WIDTH = 80, NUMBER_SIZE = 32 };

// 14714688 as "14,714,688"
static const char *with_commas(uint64_t number, char text[NUMBER_SIZE])
{
    char digits[NUMBER_SIZE];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

static void append_line(struct text *text, char letter)
{
    char line[TABLE_WIDTH + 2];
    memset(line, letter, TABLE_WIDTH);
    memcpy(line + TABLE_WIDTH, "\n", 2);
    text_append(text, line);
}

// A name too long for its column has a line of its own.
static void append_row(struct text *text, const char *name, const char *type, const char *shape,
                       const char *parameters)
{
    const size_t before = text->length;
    text_format(text, " %s (%s)", name, type);
    size_t width = text->length - before;
    if (width >= NAME_WIDTH) {
        text_append(text, "\n");
        width = 0;
    }
    text_format(text, "%*s%-*s%s\n", (int)(NAME_WIDTH - width), "", SHAPE_WIDTH, shape, parameters);
}

// "(None, 7, 7, 512)": the batch is open.
static const char *open_shape(const struct shape *shape, char text[SHAPE_TEXT_SIZE])
{
    int length = snprintf(text, SHAPE_TEXT_SIZE, "(None");
    for (uint32_t i = 1; i < shape->rank; i++)
        length +=
            snprintf(text + length, (size_t)(SHAPE_TEXT_SIZE - length), ", %u", shape->dim[i]);
    snprintf(text + length, (size_t)(SHAPE_TEXT_SIZE - length), ")");
    return text;
}

static void append_total(struct text *text, const char *what, uint64_t count)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    char number[NUMBER_SIZE];
    double size = (double)count * sizeof(float);
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1024;
    text_format(text, " %s: %s (%.2f %s)\n", what, with_commas(count, number), size, units[unit]);
}

static void append_layers(struct text *text, const struct vktl_model *model)
{
    char shape[SHAPE_TEXT_SIZE], number[NUMBER_SIZE];
    const struct shape input = model_input_shape(model, 1);
    append_row(text, "input_1", "InputLayer", open_shape(&input, shape), "0");
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        append_row(text, layer->name, layer->keras_class, open_shape(&layer->io.out, shape),
                   with_commas(layer_parameters(layer), number));
    }
}

vktl_status vktl_model_summary(const struct vktl_log *log, const struct vktl_model *model,
                               char **out)
{
    uint64_t total = 0, trainable = 0;
    struct text text;
    text_init(&text);
    for (uint32_t i = 0; i < model->layer_count; i++) {
        total += layer_parameters(&model->layers[i]);
        trainable += layer_trainable_parameters(&model->layers[i]);
    }
    text_format(&text, "Model: \"%s\"\n", model->name);
    append_line(&text, '_');
    text_format(&text, " %-*s%-*s%s\n", NAME_WIDTH - 1, "Layer (type)", SHAPE_WIDTH, "Output Shape",
                "Param #");
    append_line(&text, '=');
    append_layers(&text, model);
    append_line(&text, '=');
    append_total(&text, "Total params", total);
    append_total(&text, "Trainable params", trainable);
    append_total(&text, "Non-trainable params", total - trainable);
    append_line(&text, '_');
    const vktl_status status = text_status(log, &text);
    *out = NULL;
    if (status == VKTL_OK)
        *out = text.data; // handed over
    else
        text_deinit(&text);
    return status;
}
