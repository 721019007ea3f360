// Responsible for finding an operator's table of cases.
#include "check/cases.h"

#include <stddef.h>
#include <string.h>

static const struct check_table *const tables[] = {
#define VKTL_OP(name) &check_table_##name,
#include "ops/ops.def"
#undef VKTL_OP
};

const struct check_table *check_table_find(const char *op)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(tables[i]->op, op) == 0)
            return tables[i];
    return NULL;
}
