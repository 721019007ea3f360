// Responsible for telling people what lies in a plan's memory when. Where it lies is decided by
// plan_layout.c and plan_memory.c.
#include "nn/plan_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/plan_private.h"

enum { NAME_SIZE = 96, BAR_WIDTH = 48 };

// ---- Tensors -----------------------------------------------------------------------------------

// What a tensor is called: after the first and the last layer that it belongs to, where several
// share it as views or work in place; after a weight of it; and what it is of that.
struct label {
    const char *first, *last, *weight, *what;
};

// The tensor's place in the map is that in its pass, after those of the passes before.
struct naming {
    struct plan_map *map;
    struct label *labels;
    const struct plan *plan;
    const struct pass *pass;
    uint32_t start; // of this pass
};

static struct label *add_label(const struct naming *naming, uint32_t tensor,
                               enum vktl_memory_kind kind, const char *name, const char *what)
{
    struct label *label = &naming->labels[naming->start + tensor];
    label->last = name;
    if (label->first)
        return label;
    label->first = name;
    label->what = what;
    naming->map->tensors[naming->start + tensor].kind = kind;
    return label;
}

static void add_name(const struct naming *naming, uint32_t tensor, enum vktl_memory_kind kind,
                     const char *name, const char *what)
{
    if (tensor != NO_TENSOR)
        add_label(naming, tensor, kind, name, what);
}

static void name_node(const struct naming *naming, uint32_t node)
{
    const struct node *self = &naming->pass->graph.nodes[node];
    const struct node_tensors *tensors = &naming->pass->nodes[node];
    const struct layer *layer = &naming->plan->model->layers[self->layer];
    add_name(naming, tensors->forward_scratch, VKTL_MEMORY_SCRATCH, layer->name, "scratch");
    add_name(naming, tensors->backward_scratch, VKTL_MEMORY_SCRATCH, layer->name,
             "backward scratch");
    add_name(naming, tensors->saved, VKTL_MEMORY_OUTPUT, layer->name, "saved");
    for (uint32_t w = 0; w < self->io.weight_count; w++)
        if (tensors->weight_gradient[w] != NO_TENSOR)
            add_label(naming, tensors->weight_gradient[w], VKTL_MEMORY_WEIGHT_GRADIENT,
                      naming->plan->model->layers[self->owner].name, "gradient")
                ->weight = self->io.weight[w].name;
    if (tensors->out != naming->pass->input)
        add_name(naming, tensors->out, VKTL_MEMORY_OUTPUT, layer->name, "");
}

// The last node's first, for a gradient is handed down in place.
static void name_gradients(const struct naming *naming)
{
    const struct pass *pass = naming->pass;
    for (uint32_t i = pass->graph.count; i-- > 0;)
        add_name(naming, pass->nodes[i].gradient, VKTL_MEMORY_GRADIENT,
                 naming->plan->model->layers[pass->graph.nodes[i].layer].name, "gradient");
}

static void name_ends(const struct naming *naming)
{
    const struct pass *pass = naming->pass;
    if (pass_takes_images(naming->plan, pass)) {
        add_name(naming, pass->bytes, VKTL_MEMORY_INPUT, "images", "as bytes");
        add_name(naming, pass->images, VKTL_MEMORY_INPUT, "augmentation", "");
        add_name(naming, pass->start_scratch, VKTL_MEMORY_SCRATCH, "augmentation", "scratch");
    }
    add_name(naming, pass->input, VKTL_MEMORY_INPUT, "input", "");
    if (pass_has_loss(pass)) {
        add_name(naming, pass->labels, VKTL_MEMORY_INPUT, "labels", "");
        add_name(naming, pass->losses, VKTL_MEMORY_OUTPUT, "losses", "");
        add_name(naming, pass->hits, VKTL_MEMORY_OUTPUT, "hits", "");
    }
    if (pass_has_probabilities(pass))
        add_name(naming, pass->probabilities, VKTL_MEMORY_OUTPUT, "probabilities", "");
    if (pass_has_loss(pass) || pass_has_probabilities(pass))
        add_name(naming, pass->end_scratch, VKTL_MEMORY_SCRATCH, "loss", "scratch");
}

static void name_pass(const struct naming *naming)
{
    const struct pass *pass = naming->pass;
    for (uint32_t i = 0; i < pass->tensor_count; i++)
        naming->map->tensors[naming->start + i] =
            (struct vktl_memory_tensor){.address = pass->tensors[i].address,
                                        .size = pass->tensors[i].size,
                                        .first = pass->tensors[i].first,
                                        .last = pass->tensors[i].last};
    name_ends(naming);
    for (uint32_t i = 0; i < pass->graph.count; i++)
        name_node(naming, i);
    name_gradients(naming);
}

// ---- Times -------------------------------------------------------------------------------------

static void add_span(struct plan_map *map, const char *name, uint32_t first, uint32_t last)
{
    map->spans[map->memory.span_count++] = (struct vktl_memory_span){name, first, last};
}

static void add_spans(struct plan_map *map, const struct pass *pass)
{
    static const char *const names[] = {"features", "evaluate", "train: forward", "layers", "cam"};
    const uint32_t turn = pass->loss_time;
    const bool goes_back = pass->first_backward < pass->graph.count;
    add_span(map, names[pass->kind], pass->start_time, goes_back ? turn : pass->end_time);
    if (goes_back)
        add_span(map, "backward", turn + 1, pass->end_time);
}

// ---- Names -------------------------------------------------------------------------------------

static void write_names(const struct naming *naming, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct label *label = &naming->labels[i];
        char *name = naming->map->names + (size_t)i * NAME_SIZE;
        const bool is_one = label->first == label->last;
        snprintf(name, NAME_SIZE, "%.32s%s%.32s%s%.20s%s%s", label->first, is_one ? "" : " to ",
                 is_one ? "" : label->last, label->weight ? "/" : "",
                 label->weight ? label->weight : "", *label->what ? " " : "", label->what);
        naming->map->tensors[i].name = name;
    }
}

// ---- The map -----------------------------------------------------------------------------------

static int by_first(const void *a, const void *b)
{
    const struct vktl_memory_tensor *left = a, *right = b;
    if (left->first != right->first)
        return left->first < right->first ? -1 : 1;
    return (left->address > right->address) - (left->address < right->address);
}

vktl_status plan_map_init(const struct plan *plan, struct plan_map *map)
{
    vktl_status status = VKTL_OK;
    uint32_t count = 0;
    struct naming naming = {.map = map, .plan = plan};
    *map = (struct plan_map){.memory.size = plan->role_size[ROLE_ACTIVATIONS]};
    for (int kind = 0; kind < PASS_COUNT; kind++)
        count += plan->passes[kind].tensor_count;
    map->tensors = calloc(count ? count : 1, sizeof *map->tensors);
    map->names = calloc(count ? count : 1, NAME_SIZE);
    TRY_ALLOC(plan->log, map->tensors);
    TRY_ALLOC(plan->log, map->names);
    naming.labels = calloc(count ? count : 1, sizeof *naming.labels);
    TRY_ALLOC(plan->log, naming.labels);
    for (int kind = 0; kind < PASS_COUNT; kind++) {
        naming.pass = &plan->passes[kind];
        if (!naming.pass->wanted)
            continue;
        name_pass(&naming);
        add_spans(map, naming.pass);
        naming.start += naming.pass->tensor_count;
    }
    write_names(&naming, count);
    qsort(map->tensors, count, sizeof *map->tensors, by_first);
    map->memory.tensors = map->tensors;
    map->memory.tensor_count = count;
    map->memory.spans = map->spans;
fail:
    free(naming.labels);
    return status;
}

void plan_map_deinit(struct plan_map *map)
{
    free(map->tensors);
    free(map->names);
    *map = (struct plan_map){0};
}

// ---- As text -----------------------------------------------------------------------------------

static double mebibytes(uint64_t size)
{
    return (double)size / 1048576;
}

static void append_tensor(struct text *text, const struct vktl_memory_tensor *tensor, uint32_t time)
{
    char bar[BAR_WIDTH + 1], steps[32];
    const uint32_t first = (uint32_t)((uint64_t)tensor->first * BAR_WIDTH / time);
    const uint32_t last = (uint32_t)((uint64_t)tensor->last * BAR_WIDTH / time);
    for (uint32_t i = 0; i < BAR_WIDTH; i++)
        bar[i] = i >= first && i <= last ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    snprintf(steps, sizeof steps, "%u-%u", tensor->first, tensor->last);
    text_format(text, "%-34.34s %8.2f %8.2f %9s  %s\n", tensor->name, mebibytes(tensor->size),
                mebibytes(tensor->address), steps, bar);
}

vktl_status plan_map_describe(const struct plan *plan, struct text *text)
{
    enum { SHARE = 100 }; // tensors under this part of the whole are summed up
    vktl_status status;
    struct plan_map map;
    uint32_t small_count = 0;
    uint64_t small_size = 0;
    TRY(plan_map_init(plan, &map));
    const struct vktl_memory_map *memory = &map.memory;
    text_format(text,
                "activations: %.1f MiB; %.1f MiB of them live at once, which is the least\n"
                "%-34s %8s %8s %9s  when it lives\n",
                mebibytes(memory->size), mebibytes(plan->live_size), "tensor", "MiB", "at",
                "steps");
    for (uint32_t i = 0; i < memory->tensor_count; i++) {
        const struct vktl_memory_tensor *tensor = &memory->tensors[i];
        if (tensor->size >= memory->size / SHARE) {
            append_tensor(text, tensor, plan->time);
            continue;
        }
        small_count++;
        small_size += tensor->size;
    }
    if (small_count)
        text_format(text, "and %u smaller ones, %.2f MiB together\n", small_count,
                    mebibytes(small_size));
    for (uint32_t i = 0; i < memory->span_count; i++)
        text_format(text, "%s%s %u-%u%s", i ? ", " : "steps: ", memory->spans[i].name,
                    memory->spans[i].first, memory->spans[i].last,
                    i + 1 == memory->span_count ? "\n" : "");
fail:
    plan_map_deinit(&map);
    return status;
}
