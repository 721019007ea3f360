// Responsible for what a run's optimizer and loss settings come to: the operator with its params,
// each layer's share of the learning rate, the weights of the classes.
#include "train/optimizer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *const optimizer_names[] = {"sgd", "adam", "adamw", NULL};

static const double adamw_decay = 0.004;

// ---- Settings ----------------------------------------------------------------------------------

static void fill(double *setting, double initial)
{
    if (*setting == 0)
        *setting = initial;
    else if (*setting < 0)
        *setting = 0;
}

void optimizer_fill_defaults(struct vktl_optimizer *optimizer)
{
    fill(&optimizer->momentum, 0.9);
    fill(&optimizer->beta_1, 0.9);
    fill(&optimizer->beta_2, 0.999);
    fill(&optimizer->epsilon, 1e-7);
    fill(&optimizer->weight_decay, optimizer->kind == VKTL_ADAMW ? adamw_decay : 0);
    fill(&optimizer->base_lr_factor, 1);
}

static vktl_status set(const struct vktl_log *log, const struct op *op, void *params,
                       const char *name, double value)
{
    return field_set_numbers(log, field_find(op->fields, name), params, &value, 1);
}

vktl_status optimizer_prepare(const struct vktl_log *log, const struct vktl_optimizer *optimizer,
                              const struct op **out, void *params)
{
    vktl_status status = VKTL_OK;
    const struct op *op = op_find(optimizer_names[optimizer->kind]);
    fields_init(op->fields, params);
    TRY(set(log, op, params, "weight_decay", optimizer->weight_decay));
    if (optimizer->kind == VKTL_SGD) {
        TRY(set(log, op, params, "momentum", optimizer->momentum));
        TRY(set(log, op, params, "nesterov", optimizer->nesterov));
    } else {
        if (optimizer->nesterov)
            FAIL(log, VKTL_USAGE, "--nesterov is for --optimizer sgd, not %s", op->name);
        TRY(set(log, op, params, "beta_1", optimizer->beta_1));
        TRY(set(log, op, params, "beta_2", optimizer->beta_2));
        TRY(set(log, op, params, "epsilon", optimizer->epsilon));
    }
    *out = op;
fail:
    return status;
}

vktl_status optimizer_rate_factors(const struct vktl_log *log,
                                   const struct vktl_optimizer *optimizer,
                                   const struct vktl_model *model, float **out)
{
    vktl_status status = VKTL_OK;
    *out = NULL;
    if (optimizer->base_lr_factor == 1)
        return VKTL_OK;
    float *factors = malloc(model->layer_count * sizeof *factors);
    TRY_ALLOC(log, factors);
    for (uint32_t i = 0; i < model->layer_count; i++)
        factors[i] = i < model->base_count ? (float)optimizer->base_lr_factor : 1;
    *out = factors;
fail:
    return status;
}

// ---- Weights of the classes --------------------------------------------------------------------

static vktl_status read_weights(const struct vktl_log *log, const char *text, uint32_t count,
                                float *weights)
{
    const char *at = text;
    uint32_t found = 0;
    float largest = 0;
    for (;;) {
        char *end;
        const double weight = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !(weight >= 0 && weight <= 1e6))
            return log_fail(log, VKTL_USAGE,
                            "--class-weights takes balanced, or numbers from 0 to 1e6 as "
                            "1,2.5,1, not '%.80s'",
                            text);
        if (found < count)
            weights[found] = (float)weight;
        found++;
        largest = fmaxf(largest, (float)weight);
        if (!*end)
            break;
        at = end + 1;
    }
    if (found != count)
        return log_fail(log, VKTL_USAGE,
                        "--class-weights has %" PRIu32 " weights for %" PRIu32 " classes", found,
                        count);
    if (largest == 0)
        return log_fail(log, VKTL_USAGE, "--class-weights are all 0: nothing would be learnt");
    return VKTL_OK;
}

// As many images of every class, were they counted so; a class without any counts 1.
static void balance(const struct vktl_dataset *dataset, uint32_t count, float *weights)
{
    const uint32_t images = vktl_dataset_count(dataset);
    for (uint32_t c = 0; c < count; c++) {
        uint32_t of_class = 0;
        for (uint32_t i = 0; i < images; i++)
            of_class += vktl_dataset_class(dataset, i) == c;
        weights[c] = of_class ? (float)((double)images / ((double)count * of_class)) : 1;
    }
}

static vktl_status tell(const struct vktl_log *log, const struct vktl_dataset *dataset,
                        uint32_t count, const float *weights)
{
    struct text text;
    text_init(&text);
    for (uint32_t c = 0; c < count; c++)
        text_format(&text, "%s %s %.4g", c ? "," : "", vktl_dataset_class_name(dataset, c),
                    (double)weights[c]);
    const vktl_status status = text_status(log, &text);
    if (status == VKTL_OK)
        log_info(log, "An image of each class counts:%s", text.data);
    text_deinit(&text);
    return status;
}

vktl_status optimizer_class_weights(const struct vktl_log *log,
                                    const struct vktl_optimizer *optimizer,
                                    const struct vktl_dataset *dataset, float **out)
{
    vktl_status status = VKTL_OK;
    const char *text = optimizer->class_weights;
    const uint32_t count = vktl_dataset_class_count(dataset);
    *out = NULL;
    if (!text)
        return VKTL_OK;
    float *weights = malloc(count * sizeof *weights);
    TRY_ALLOC(log, weights);
    if (strcmp(text, "balanced") == 0) {
        balance(dataset, count, weights);
        TRY(tell(log, dataset, count, weights));
    } else {
        TRY(read_weights(log, text, count, weights));
    }
    *out = weights;
    return VKTL_OK;
fail:
    free(weights);
    return status;
}
