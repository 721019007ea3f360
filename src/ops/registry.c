// Responsible for finding operators by name, and for which of an operator's algorithms is taken.
// What they are stands in ops.def and in each operator alone.
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

// ---- Algorithms --------------------------------------------------------------------------------

static bool holds(bool (*question)(const struct op_io *io), const struct op_io *io)
{
    return !question || question(io);
}

static uint32_t choose(const struct op_algorithm *list, const struct op_io *io, const char *wanted)
{
    uint32_t i = 0;
    while (wanted && list[i].name && strcmp(list[i].name, wanted) != 0)
        i++;
    if (wanted && list[i].name && holds(list[i].suits, io))
        return i;
    i = 0;
    while (list[i].name && !(holds(list[i].suits, io) && holds(list[i].pays, io)))
        i++;
    vktl_assert(list[i].name);
    return i;
}

void op_choose(const struct op *op, struct op_io *io)
{
    for (int direction = 0; direction < OP_DIRECTIONS; direction++)
        if (op->algorithms[direction])
            io->algorithm[direction] = choose(op->algorithms[direction], io, io->wanted[direction]);
}

uint32_t op_suiting(const struct op *op, const struct op_io *io, enum op_direction direction,
                    const char *names[OP_MAX_ALGORITHMS])
{
    const struct op_algorithm *list = op->algorithms[direction];
    const uint32_t taken = io->algorithm[direction];
    uint32_t count = 0;
    if (!list)
        return 0;
    names[count++] = list[taken].name;
    for (uint32_t i = 0; list[i].name; i++) {
        if (i == taken || !holds(list[i].suits, io))
            continue;
        vktl_assert(count < OP_MAX_ALGORITHMS);
        names[count++] = list[i].name;
    }
    return count;
}
