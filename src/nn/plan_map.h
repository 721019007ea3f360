// A plan's activations for people to look at: what each tensor is, when it lives, where it lies.
#ifndef NN_PLAN_MAP_H
#define NN_PLAN_MAP_H

#include <vktl/picture.h>

#include "base/text.h"
#include "nn/plan.h"

struct plan_map {
    struct vktl_memory_map memory; // in the order of first steps; what it points at is the map's
    struct vktl_memory_tensor *tensors;
    char *names;
    struct vktl_memory_span spans[PASS_COUNT * 3];
};

// `map` is released by plan_map_deinit, also after a failure.
vktl_status plan_map_init(const struct plan *plan, struct plan_map *map);
void plan_map_deinit(struct plan_map *map);

// Appends the larger tensors as a table, in which a bar shows when each lives, and says how close
// the packing comes to what lives at once.
vktl_status plan_map_describe(const struct plan *plan, struct text *text);

#endif
