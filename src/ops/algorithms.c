// Responsible for which of an operator's algorithms is taken, and for the words by which a use of
// an operator is known to whoever measures them. What they are is the operators' to say.
#include "ops/op.h"
#include "gpu/verdicts.h"

#include <stdio.h>
#include <string.h>

const char *const op_direction_names[OP_DIRECTIONS] = {"forward", "dx", "dw"};

// ---- Choosing ----------------------------------------------------------------------------------

static bool holds(bool (*question)(const struct op_io *io), const struct op_io *io)
{
    return !question || question(io);
}

bool op_is_strict(const struct op_io *io)
{
    return io->device && io->device->strict;
}

// What is barred on the device suits nothing; but a strict one computes as all others do, or not at
// all, which is for vktl_smoke to say.
static bool suits(const struct op *op, const struct op_io *io, int direction, uint32_t i)
{
    const struct op_algorithm *algorithm = &op->algorithms[direction][i];
    return holds(algorithm->suits, io) &&
           (op_is_strict(io) ||
            !gpu_bars(io->device, op->name, op_direction_names[direction], algorithm->name));
}

// What is expected to pay, else the first that suits; the last where all are barred.
static uint32_t heuristic(const struct op *op, const struct op_io *io, int direction)
{
    const struct op_algorithm *list = op->algorithms[direction];
    uint32_t i, last = 0;
    for (i = 0; list[i].name; i++)
        if (suits(op, io, direction, i) && holds(list[i].pays, io))
            return i;
    for (i = 0; list[i].name; last = i++)
        if (suits(op, io, direction, i))
            return i;
    vktl_assert(holds(list[last].suits, io));
    return last;
}

void op_choose(const struct op *op, struct op_io *io)
{
    for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
        const struct op_algorithm *list = op->algorithms[direction];
        const char *wanted = op_is_strict(io) ? NULL : io->wanted[direction];
        uint32_t i = 0;
        if (!list)
            continue;
        while (wanted && list[i].name && strcmp(list[i].name, wanted) != 0)
            i++;
        const bool is_had = wanted && list[i].name && suits(op, io, direction, i);
        io->algorithm[direction] = is_had ? i : heuristic(op, io, direction);
    }
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
    for (uint32_t i = 0; list[i].name && !op_is_strict(io); i++) {
        if (i == taken || !suits(op, io, direction, i))
            continue;
        vktl_assert(count < OP_MAX_ALGORITHMS);
        names[count++] = list[i].name;
    }
    return count;
}

const char *op_algorithm_named(const struct op *op, enum op_direction direction, const char *name)
{
    const struct op_algorithm *list = op->algorithms[direction];
    for (uint32_t i = 0; name && list && list[i].name; i++)
        if (strcmp(list[i].name, name) == 0)
            return list[i].name;
    return NULL;
}

// ---- Keys --------------------------------------------------------------------------------------

struct words {
    char *text; // OP_KEY_SIZE characters
    size_t length;
};

static void add(struct words *words, const char *format, double number)
{
    const size_t room = OP_KEY_SIZE - words->length;
    const int length = snprintf(words->text + words->length, room, format, number);
    vktl_assert(length >= 0 && (size_t)length < room);
    words->length += (size_t)length;
}

static void add_text(struct words *words, const char *before, const char *text)
{
    const size_t room = OP_KEY_SIZE - words->length;
    const int length = snprintf(words->text + words->length, room, "%s%s", before, text);
    vktl_assert(length >= 0 && (size_t)length < room);
    words->length += (size_t)length;
}

// The numbers of a field, of which there are so many.
static uint32_t read_field(const struct field *field, const void *params, double numbers[4])
{
    const char *place = (const char *)params + field->offset;
    const uint32_t count = field->type == FIELD_PAIR ? 2 : field->type == FIELD_SIDES ? 4 : 1;
    float real;
    uint32_t whole[4];
    if (field->type == FIELD_F32) {
        memcpy(&real, place, sizeof real);
        numbers[0] = real;
        return 1;
    }
    vktl_assert(field->type != FIELD_DIMS); // of reshape, which has nothing to choose
    memcpy(whole, place, count * sizeof *whole);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = whole[i];
    return count;
}

// What is fused behind the sums costs every algorithm the same.
static bool is_told(const struct field *field)
{
    return strcmp(field->name, "activation") != 0 && strcmp(field->name, "use_bias") != 0;
}

static void add_field(struct words *words, const struct field *field, const void *params)
{
    double numbers[4];
    bool is_initial = true;
    const uint32_t count = read_field(field, params, numbers);
    for (uint32_t i = 0; i < count; i++)
        is_initial = is_initial && numbers[i] == field->initial;
    if (is_initial || !is_told(field))
        return;
    add_text(words, " ", field->name);
    for (uint32_t i = 0; i < count; i++)
        add(words, i ? ",%.9g" : "=%.9g", numbers[i]);
}

void op_key(const struct op *op, const void *params, const struct op_io *io,
            enum op_direction direction, bool is_trained, char key[OP_KEY_SIZE])
{
    struct words words = {key, 0};
    add_text(&words, "", op->name);
    add_text(&words, " ", op_direction_names[direction]);
    for (uint32_t i = 0; i < io->in_count; i++)
        for (uint32_t axis = 0; axis < io->in[i].rank; axis++)
            add(&words, axis ? "x%.0f" : " %.0f", io->in[i].dim[axis]);
    for (const struct field *field = op->fields; field->name; field++)
        add_field(&words, field, params);
    if (io->mixed && op->multiplies_halves)
        add_text(&words, " ", "mixed");
    if (is_trained)
        add_text(&words, " ", "trained");
}
