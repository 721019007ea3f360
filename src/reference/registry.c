// Responsible for finding references by their operator's name.
#include "reference/reference.h"

#include <stddef.h>
#include <string.h>

static const struct reference *const references[] = {
#define VKTL_OP(name) &reference_##name,
#include "ops/ops.def"
#undef VKTL_OP
};

const struct reference *reference_find(const char *name)
{
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (strcmp(references[i]->name, name) == 0)
            return references[i];
    return NULL;
}
