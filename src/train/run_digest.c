// Responsible for the fingerprint of a model's weights, by which runs on different machines are
// compared.
#include "base/digest.h"
#include "train/run.h"

static void add_layer(struct digest *digest, const struct layer *layer)
{
    for (uint32_t i = 0; i < layer->io.weight_count; i++)
        digest_add(digest, layer->weight[i], shape_size(&layer->io.weight[i].shape));
}

// The first layer of which training changes a weight.
static uint32_t first_changed(const struct run *run)
{
    uint32_t first = run->model->layer_count;
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        const uint32_t layer = plan_trained(run->plan, i).layer;
        first = layer < first ? layer : first;
    }
    return first;
}

void run_digest(struct run *run, char text[DIGEST_TEXT_SIZE])
{
    const struct vktl_model *model = run->model;
    const uint32_t first = first_changed(run);
    if (!run->frozen_is_known) {
        run->frozen = digest_begin();
        for (uint32_t i = 0; i < first; i++)
            add_layer(&run->frozen, &model->layers[i]);
        run->frozen_is_known = true;
    }
    struct digest digest = run->frozen;
    for (uint32_t i = first; i < model->layer_count; i++)
        add_layer(&digest, &model->layers[i]);
    digest_text(&digest, text);
}
