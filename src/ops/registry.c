// Responsible for finding operators by name. What they are stands in ops.def alone.
#include "ops/op.h"

#include <string.h>

static const struct op *const operators[] = {
#define VKTL_OP(name) &op_##name,
#include "ops/ops.def"
#undef VKTL_OP
};

uint32_t op_count(void)
{
    return sizeof operators / sizeof *operators;
}

const struct op *op_at(uint32_t index)
{
    vktl_assert(index < op_count());
    return operators[index];
}

const struct op *op_find(const char *name)
{
    for (uint32_t i = 0; i < op_count(); i++)
        if (strcmp(operators[i]->name, name) == 0)
            return operators[i];
    return NULL;
}

const struct op *op_find_keras(const char *keras_class)
{
    for (uint32_t i = 0; i < op_count(); i++)
        if (operators[i]->keras_class && strcmp(operators[i]->keras_class, keras_class) == 0)
            return operators[i];
    return NULL;
}
