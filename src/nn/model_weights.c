// Responsible for the values of a model's weights: from files by layer name, or made from the seed.
// File formats are behind formats/weights.h.
#include "nn/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/text.h"
#include "formats/weights.h"
#include "nn/model_parts.h"

enum { MAX_LISTED = 6 };

struct loading {
    const struct vktl_log *log;
    const char *name; // of the file
    struct weights_file *file;
    struct vktl_model *model;
};

// The rows of a file that belong to one layer: from `first` on, `count` of them.
struct rows {
    uint32_t first, count;
};

// The list is sorted by layer, so the first row of one is found by halving.
static struct rows find_rows(const struct weights_file *file, const char *layer)
{
    uint32_t low = 0, high = weights_count(file);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (strcmp(weights_at(file, middle)->layer, layer) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct rows rows = {low, 0};
    while (low + rows.count < weights_count(file) &&
           strcmp(weights_at(file, low + rows.count)->layer, layer) == 0)
        rows.count++;
    return rows;
}

// The row of a weight: by name, as by far the most files have it.
static bool find_by_name(const struct weights_file *file, struct rows rows, const char *name,
                         uint32_t *row)
{
    for (*row = rows.first; *row < rows.first + rows.count; ++*row)
        if (strcmp(weights_at(file, *row)->name, name) == 0)
            return true;
    return false;
}

static bool all_named(const struct weights_file *file, struct rows rows, const struct op_io *io)
{
    uint32_t row;
    for (uint32_t i = 0; i < io->weight_count; i++)
        if (!find_by_name(file, rows, io->weight[i].name, &row))
            return false;
    return true;
}

static vktl_status load_weight(const struct loading *loading, struct layer *layer, uint32_t index,
                               uint32_t row)
{
    vktl_status status;
    const struct op_weight *weight = &layer->io.weight[index];
    const struct weights_entry *entry = weights_at(loading->file, row);
    char wanted[SHAPE_TEXT_SIZE], found[SHAPE_TEXT_SIZE];
    if (entry->readable && !shape_equal(&entry->shape, &weight->shape))
        FAIL(loading->log, VKTL_INPUT,
             "%s: layer '%.80s': the %s has the shape %s, the model needs %s: other weights, "
             "another model or another --image-size",
             loading->name, layer->name, weight->name, shape_text(&entry->shape, found),
             shape_text(&weight->shape, wanted));
    if (!layer->weight[index])
        layer->weight[index] = malloc((size_t)shape_size(&weight->shape));
    TRY_ALLOC(loading->log, layer->weight[index]);
    TRY(weights_read(loading->file, row, layer->weight[index]));
    return VKTL_OK;
fail:
    return status;
}

// Arrays whose names are none that we know are taken in order, as Keras itself does.
static vktl_status load_layer(const struct loading *loading, struct layer *layer, struct rows rows)
{
    vktl_status status;
    const struct op_io *io = &layer->io;
    const bool by_name = all_named(loading->file, rows, io);
    if (rows.count != io->weight_count)
        FAIL(loading->log, VKTL_INPUT,
             "%s: layer '%.80s' has %u arrays, the model needs %u: the layer is another one",
             loading->name, layer->name, rows.count, io->weight_count);
    for (uint32_t i = 0; i < io->weight_count; i++) {
        uint32_t row = rows.first + i;
        if (by_name)
            find_by_name(loading->file, rows, io->weight[i].name, &row);
        TRY(load_weight(loading, layer, i, row));
    }
    layer->loaded = true;
    return VKTL_OK;
fail:
    return status;
}

// ---- Saying what was done

// Appends a name to a list that is cut when it grows long.
static void list_name(struct text *list, uint32_t index, const char *name)
{
    if (index < MAX_LISTED)
        text_format(list, "%s%.60s", index ? ", " : "", name);
    else if (index == MAX_LISTED)
        text_append(list, ", ...");
}

static uint32_t list_skipped(const struct loading *loading, struct text *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < weights_count(loading->file); i++) {
        const char *layer = weights_at(loading->file, i)->layer;
        const bool is_new = i == 0 || strcmp(layer, weights_at(loading->file, i - 1)->layer) != 0;
        if (is_new && model_find(loading->model, layer) < 0)
            list_name(list, count++, layer);
    }
    return count;
}

static uint32_t list_left(const struct loading *loading, struct text *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < loading->model->layer_count; i++) {
        const struct layer *layer = &loading->model->layers[i];
        if (layer->io.weight_count && !layer->loaded)
            list_name(list, count++, layer->name);
    }
    return count;
}

static vktl_status report(const struct loading *loading, uint32_t loaded)
{
    struct text skipped, left, sentence;
    text_init(&skipped);
    text_init(&left);
    text_init(&sentence);
    text_format(&sentence, "%s: loaded the weights of %u layer%s", loading->name, loaded,
                loaded == 1 ? "" : "s");
    const uint32_t skipped_count = list_skipped(loading, &skipped);
    if (skipped_count)
        text_format(&sentence, "; skipped %u that the model does not have (%s)", skipped_count,
                    skipped.data ? skipped.data : "");
    const uint32_t left_count = list_left(loading, &left);
    if (left_count)
        text_format(&sentence, "; left %u that the file does not have (%s)", left_count,
                    left.data ? left.data : "");
    const vktl_status status = text_status(loading->log, &sentence);
    if (status == VKTL_OK)
        log_info(loading->log, "%s", sentence.data);
    text_deinit(&skipped);
    text_deinit(&left);
    text_deinit(&sentence);
    return status;
}

static vktl_status load(const struct loading *loading)
{
    vktl_status status;
    uint32_t loaded = 0;
    for (uint32_t i = 0; i < loading->model->layer_count; i++) {
        struct layer *layer = &loading->model->layers[i];
        const struct rows rows = find_rows(loading->file, layer->name);
        if (!layer->io.weight_count || !rows.count)
            continue;
        TRY(load_layer(loading, layer, rows));
        loaded++;
    }
    if (!loaded)
        FAIL(loading->log, VKTL_INPUT,
             "%s: none of its layers is called as one of %s%s%.60s; weights are loaded by layer "
             "name",
             loading->name, loading->model->name, weights_count(loading->file) ? ": it has " : "",
             weights_count(loading->file) ? weights_at(loading->file, 0)->layer : "");
    return report(loading, loaded);
fail:
    return status;
}

vktl_status model_load_weights(const struct vktl_log *log, struct vktl_model *model,
                               const char *path)
{
    vktl_status status;
    struct loading loading = {log, path, NULL, model};
    TRY(weights_open(log, path, &loading.file));
    TRY(load(&loading));
fail:
    weights_close(&loading.file);
    return status;
}

vktl_status model_load_weights_memory(const struct vktl_log *log, struct vktl_model *model,
                                      const char *name, const void *bytes, size_t size)
{
    vktl_status status;
    struct loading loading = {log, name, NULL, model};
    TRY(weights_open_memory(log, name, bytes, size, &loading.file));
    TRY(load(&loading));
fail:
    weights_close(&loading.file);
    return status;
}

// ---- Initial values

// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
// AISTATS 2010, as Keras: uniform in [-limit, limit), limit = sqrt(6 / (fan_in + fan_out)).
static void fill_glorot(const struct op_weight *weight, float *values, uint64_t seed,
                        uint32_t tensor)
{
    const uint64_t count = shape_count(&weight->shape);
    const float limit = (float)sqrt(6.0 / (double)(weight->fan_in + weight->fan_out));
    for (uint64_t i = 0; i < count; i++)
        values[i] = (2.0f * rng_uniform(seed, RNG_INIT, tensor, i) - 1.0f) * limit;
}

static void fill(const struct op_weight *weight, float *values, uint64_t seed, uint32_t tensor)
{
    const uint64_t count = shape_count(&weight->shape);
    switch (weight->init) {
    case WEIGHT_GLOROT_UNIFORM:
        fill_glorot(weight, values, seed, tensor);
        break;
    case WEIGHT_ZEROS:
        memset(values, 0, (size_t)count * sizeof *values);
        break;
    case WEIGHT_ONES:
        for (uint64_t i = 0; i < count; i++)
            values[i] = 1.0f;
        break;
    }
}

vktl_status model_initialize(const struct vktl_log *log, struct vktl_model *model, uint64_t seed)
{
    vktl_status status;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        struct layer *layer = &model->layers[i];
        for (uint32_t j = 0; j < layer->io.weight_count; j++) {
            const struct op_weight *weight = &layer->io.weight[j];
            if (layer->weight[j])
                continue;
            layer->weight[j] = malloc((size_t)shape_size(&weight->shape));
            TRY_ALLOC(log, layer->weight[j]);
            fill(weight, layer->weight[j], seed, i * OP_MAX_WEIGHTS + j);
        }
    }
    return VKTL_OK;
fail:
    return status;
}

// ---- Counts

uint64_t layer_parameters(const struct layer *layer)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < layer->io.weight_count; i++)
        count += shape_count(&layer->io.weight[i].shape);
    return count;
}

uint64_t layer_trainable_parameters(const struct layer *layer)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < layer->io.weight_count; i++)
        if (layer->trainable && layer->io.weight[i].trainable)
            count += shape_count(&layer->io.weight[i].shape);
    return count;
}

bool vktl_model_has_weights(const struct vktl_model *model)
{
    for (uint32_t i = 0; i < model->layer_count; i++)
        if (model->layers[i].io.weight_count && !model->layers[i].loaded)
            return false;
    return true;
}
