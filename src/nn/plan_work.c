// Responsible for telling what a plan computes, node by node, to those who measure it.
#include "nn/plan_private.h"

static bool makes_din(const struct pass *pass, const struct node *node)
{
    return node->input != GRAPH_INPUT && pass->nodes[node->input].gradient != NO_TENSOR;
}

static struct plan_work work_of(const struct plan *plan, const struct pass *pass, uint32_t index)
{
    const struct node *node = &pass->graph.nodes[index];
    const bool runs_backward = index >= pass->first_backward && node->op->backward;
    return (struct plan_work){
        .layer = plan->model->layers[node->layer].name,
        .op = node->op,
        .params = node->params,
        .io = &node->io,
        .is_trained = node->prepares_anew,
        .direction = {[OP_FORWARD] = true,
                      [OP_DX] = runs_backward && makes_din(pass, node),
                      [OP_DW] = runs_backward && node->trainable && pass_trains(plan, pass, node)},
    };
}

void plan_each_work(const struct plan *plan,
                    void (*visit)(void *user, const struct plan_work *work), void *user)
{
    for (int kind = 0; kind < PASS_COUNT; kind++) {
        const struct pass *pass = &plan->passes[kind];
        for (uint32_t i = 0; pass->wanted && i < pass->graph.count; i++) {
            const struct plan_work work = work_of(plan, pass, i);
            if (pass_runs(pass, i))
                visit(user, &work);
        }
    }
}
