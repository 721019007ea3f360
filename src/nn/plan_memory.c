// Responsible for the memory of a plan: what each role needs, whether it fits, and the pools.
#include "nn/plan_private.h"

#include <stdlib.h>

#include "gpu/pack.h"
#include "nn/model_parts.h"
#include "ops/sum_squares.h"

// Slices wanted by one role, and where each is to be written.
struct wants {
    struct request *requests;
    struct slice **places;
    uint32_t count, capacity;
};

const char *plan_role_name(enum plan_role role)
{
    static const char *const names[] = {"weights", "gradients", "optimizer state", "activations",
                                        "mapped host memory"};
    return names[role];
}

static void want(struct wants *wants, uint64_t size, uint32_t first, uint32_t last,
                 struct slice *place)
{
    if (size == 0)
        return;
    vktl_assert(wants->count < wants->capacity);
    wants->requests[wants->count] = (struct request){.size = size, .first = first, .last = last};
    wants->places[wants->count++] = place;
}

static void want_parameters(struct plan *plan, enum plan_role role, struct wants *wants)
{
    for (uint32_t i = 0; i < plan->parameter_count; i++) {
        struct parameter *parameter = &plan->parameters[i];
        if (role != ROLE_WEIGHTS)
            break;
        if (!parameter->trainable)
            want(wants, parameter->size, 0, 0, &parameter->value);
        want(wants, parameter->prepared_size, 0, 0, &parameter->prepared);
    }
    for (uint32_t i = 0; i < plan->bundle_count; i++) {
        struct bundle *bundle = &plan->bundles[i];
        if (role == ROLE_WEIGHTS)
            want(wants, bundle->size, 0, 0, &bundle->value);
        else if (role == ROLE_GRADIENTS)
            want(wants, bundle->size, 0, 0, &bundle->gradient);
        else
            want(wants, bundle->optimizer.saved_size, 0, 0, &bundle->state);
    }
    if (role == ROLE_WEIGHTS && plan->class_weights_host)
        want(wants, (uint64_t)model_output_count(plan->model) * sizeof(float), 0, 0,
             &plan->class_weights);
    const uint64_t squares_size = plan_squares_size(plan);
    if (role == ROLE_GRADIENTS && squares_size) {
        want(wants, squares_size, 0, 0, &plan->squares);
        want(wants, sum_of_squares_scratch_size(squares_size), 0, 0, &plan->squares_scratch);
        want(wants, sizeof(float), 0, 0, &plan->squares_total);
    }
}

static void want_activations(struct plan *plan, struct wants *wants)
{
    for (int kind = 0; kind < PASS_COUNT; kind++) {
        struct pass *pass = &plan->passes[kind];
        for (uint32_t i = 0; i < pass->tensor_count; i++) {
            struct tensor *tensor = &pass->tensors[i];
            want(wants, tensor->size, tensor->first, tensor->last, &tensor->slice);
        }
    }
}

static void want_host(struct plan *plan, struct wants *wants)
{
    const struct pass *passes = plan->passes;
    const uint64_t row_size = plan->params.batch * sizeof(float);
    uint64_t bytes_size = 0, images_size = 0, cut_size = 0;
    uint64_t probabilities_size = 0, features_size = 0;
    for (int kind = 0; kind < PASS_COUNT; kind++) {
        if (!passes[kind].wanted)
            continue;
        if (!pass_takes_images(plan, &passes[kind])) {
            cut_size = shape_size(&passes[kind].graph.input);
            continue;
        }
        bytes_size = shape_size(&passes[kind].augment.in[0]);
        images_size = shape_size(&passes[kind].augment.in[1]);
    }
    for (int kind = 0; kind < PASS_COUNT; kind++)
        if (passes[kind].wanted && pass_has_probabilities(&passes[kind]))
            probabilities_size = shape_size(graph_output(&passes[kind].graph));
    if (passes[PASS_FEATURES].wanted)
        features_size = shape_size(graph_output(&passes[PASS_FEATURES].graph));
    for (uint32_t i = 0; i < plan->slot_count; i++) {
        struct plan_slot *slot = &plan->slots[i];
        want(wants, bytes_size, 0, 0, &slot->bytes);
        want(wants, images_size, 0, 0, &slot->images);
        want(wants, cut_size, 0, 0, &slot->cut);
        want(wants, row_size, 0, 0, &slot->labels);
        want(wants, row_size, 0, 0, &slot->losses);
        want(wants, row_size, 0, 0, &slot->hits);
        want(wants, sizeof(struct step), 0, 0, &slot->step);
        want(wants, sizeof(float), 0, 0, &slot->squares);
        want(wants, probabilities_size, 0, 0, &slot->probabilities);
        want(wants, probabilities_size, 0, 0, &slot->logits);
        want(wants, features_size, 0, 0, &slot->features);
        want(wants, passes[PASS_CAM].wanted ? probabilities_size : 0, 0, 0, &slot->seed);
    }
}

static void wants_deinit(struct wants *wants)
{
    free(wants->requests);
    free(wants->places);
}

static vktl_status wants_init(struct plan *plan, enum plan_role role, struct wants *wants)
{
    enum { HOST_SLICES = 16 * PLAN_MAX_SLOTS }; // at most
    uint32_t capacity = 3 * plan->parameter_count + HOST_SLICES;
    for (int kind = 0; kind < PASS_COUNT; kind++)
        capacity += plan->passes[kind].tensor_count;
    *wants = (struct wants){.requests = calloc(capacity, sizeof *wants->requests),
                            .places = calloc(capacity, sizeof *wants->places),
                            .capacity = capacity};
    if (!wants->requests || !wants->places)
        return log_fail(plan->log, VKTL_NO_MEMORY, "out of host memory");
    if (role == ROLE_ACTIVATIONS)
        want_activations(plan, wants);
    else if (role == ROLE_HOST)
        want_host(plan, wants);
    else
        want_parameters(plan, role, wants);
    return VKTL_OK;
}

static uint64_t largest(const struct wants *wants)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < wants->count; i++)
        size = wants->requests[i].size > size ? wants->requests[i].size : size;
    return size;
}

// Bytes of the chunks before this one.
static uint64_t chunk_start(const struct wants *wants, const uint32_t *chunk_of, uint32_t chunk)
{
    uint64_t start = 0;
    for (uint32_t before = 0; before < chunk; before++) {
        uint64_t size = 0;
        for (uint32_t i = 0; i < wants->count; i++) {
            const uint64_t end =
                wants->requests[i].slice.offset + pack_align(wants->requests[i].size);
            size = chunk_of[i] == before && end > size ? end : size;
        }
        start += size;
    }
    return start;
}

// Where the tensors of all passes came to lie, in the order that want_activations has.
static void note_addresses(struct plan *plan, const struct wants *wants, const uint32_t *chunk_of)
{
    const struct request *requests = wants->requests;
    uint32_t k = 0;
    for (int kind = 0; kind < PASS_COUNT; kind++) {
        struct pass *pass = &plan->passes[kind];
        for (uint32_t i = 0; i < pass->tensor_count; i++, k++)
            pass->tensors[i].address =
                requests[k].slice.offset + chunk_start(wants, chunk_of, chunk_of[k]);
    }
    plan->live_size = pool_live_size(requests, wants->count);
}

static vktl_status measure_role(struct plan *plan, enum plan_role role)
{
    struct wants wants = {0};
    vktl_status status = wants_init(plan, role, &wants);
    uint32_t *chunk_of = calloc(wants.count ? wants.count : 1, sizeof *chunk_of);
    const struct vktl_device_info *info = vktl_device_info(plan->device);
    if (status == VKTL_OK && !chunk_of)
        status = log_fail(plan->log, VKTL_NO_MEMORY, "out of host memory");
    if (status == VKTL_OK) {
        plan->role_size[role] =
            pool_pack(wants.requests, wants.count, info->max_allocation_size, chunk_of);
        if (plan->role_size[role] == PACK_FAILED)
            status = log_fail(plan->log, VKTL_NO_MEMORY,
                              "%s allocates at most %.1f MiB at once, but one tensor of the %s "
                              "for batches of %u needs %.1f MiB",
                              info->name, (double)info->max_allocation_size / 1048576,
                              plan_role_name(role), plan->params.batch,
                              (double)largest(&wants) / 1048576);
        else if (role == ROLE_ACTIVATIONS)
            note_addresses(plan, &wants, chunk_of);
    }
    free(chunk_of);
    wants_deinit(&wants);
    return status;
}

vktl_status plan_measure(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    const struct vktl_device_info *info = vktl_device_info(plan->device);
    for (int role = 0; role < ROLE_COUNT; role++)
        TRY(measure_role(plan, (enum plan_role)role));
    if (plan_size(plan) > info->memory_size)
        FAIL(plan->log, VKTL_NO_MEMORY,
             "batches of %u need %.1f MiB (weights %.1f, gradients %.1f, optimizer %.1f, "
             "activations "
             "%.1f, host %.1f), but %s has %.1f MiB",
             plan->params.batch, (double)plan_size(plan) / 1048576,
             (double)plan->role_size[ROLE_WEIGHTS] / 1048576,
             (double)plan->role_size[ROLE_GRADIENTS] / 1048576,
             (double)plan->role_size[ROLE_OPTIMIZER] / 1048576,
             (double)plan->role_size[ROLE_ACTIVATIONS] / 1048576,
             (double)plan->role_size[ROLE_HOST] / 1048576, info->name,
             (double)info->memory_size / 1048576);
fail:
    return status;
}

static vktl_status allocate_role(struct plan *plan, enum plan_role role)
{
    struct wants wants = {0};
    vktl_status status = wants_init(plan, role, &wants);
    if (status == VKTL_OK && wants.count)
        status = pool_create(plan->device, role == ROLE_HOST ? POOL_HOST : POOL_DEVICE,
                             plan_role_name(role), wants.requests, wants.count, &plan->pools[role]);
    if (status == VKTL_OK)
        for (uint32_t i = 0; i < wants.count; i++)
            *wants.places[i] = wants.requests[i].slice;
    wants_deinit(&wants);
    return status;
}

vktl_status plan_allocate(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    for (int role = 0; role < ROLE_COUNT; role++)
        TRY(allocate_role(plan, (enum plan_role)role));
    plan_place_bundles(plan);
    plan_place_squares(plan);
fail:
    return status;
}
