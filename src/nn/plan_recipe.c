// Responsible for saying what the bits of the frozen base's output depend on.
#include "nn/plan_private.h"

static struct hash add_number(struct hash hash, uint64_t number)
{
    return hash_bytes(hash, &number, sizeof number);
}

static struct hash add_io(struct hash hash, const struct op_io *io)
{
    hash = hash_bytes(hash, io->push, sizeof io->push);
    hash = hash_bytes(hash, io->out.dim, sizeof io->out.dim);
    return add_number(hash, io->out.rank);
}

static struct hash add_node(struct hash hash, const struct node *node)
{
    const struct op_algorithm *algorithms = node->op->algorithms[OP_FORWARD];
    hash = add_io(hash_text(hash, node->op->name), &node->io);
    if (algorithms)
        hash = hash_text(hash, algorithms[node->io.algorithm[OP_FORWARD]].name);
    for (uint32_t w = 0; w < node->io.weight_count; w++)
        hash = hash_bytes(hash, node->weight[w], shape_size(&node->io.weight[w].shape));
    return hash;
}

static struct hash add_device(struct hash hash, const struct vktl_device_info *info)
{
    hash = hash_text(hash_text(hash, info->name), info->driver);
    hash = hash_bytes(hash, info->pipeline_cache_uuid, sizeof info->pipeline_cache_uuid);
    hash = add_number(hash, info->driver_version);
    hash = add_number(hash, (uint64_t)info->form);
    hash = add_number(hash, info->matrices_emulated);
    hash = add_number(hash, info->strict);
    return add_number(hash, info->gpu_kernels);
}

struct hash plan_recipe(const struct plan *plan)
{
    const struct pass *pass = &plan->passes[PASS_FEATURES];
    struct hash hash = hash_text((struct hash){{0}}, "features of a frozen base");
    vktl_assert(pass->wanted);
    hash = add_device(hash, vktl_device_info(plan->device));
    hash = add_number(hash, gpu_shader_hash());
    hash = add_io(hash, &pass->augment);
    for (uint32_t i = 0; i < pass->graph.count; i++)
        hash = add_node(hash, &pass->graph.nodes[i]);
    return hash;
}
