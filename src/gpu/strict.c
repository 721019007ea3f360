// Responsible for strict versions of shaders: the same words, but that nothing is fused, and that a
// driver is forbidden to do so. Sums of one order and functions of one kind are in the shaders
// themselves.
#include "gpu/device.h"

#include <stdlib.h>
#include <string.h>

// Of SPIR-V: where an instruction's length and number are, and the numbers that are looked for.
enum { HEADER_WORDS = 5, HEADER_BOUND = 3, LENGTH_SHIFT = 16, NUMBER_MASK = 0xffff };
enum {
    OP_EXT_INST = 12,
    OP_ENTRY_POINT = 15,
    OP_EXECUTION_MODE = 16,
    OP_CAPABILITY = 17,
    OP_TYPE_FIRST = 19, // types follow all decorations
    OP_TYPE_LAST = 39,
    OP_DECORATE = 71,
    OP_F_NEGATE = 127,
    OP_F_ADD = 129,
    OP_F_SUB = 131,
    OP_F_MUL = 133,
    OP_F_DIV = 136,
    OP_VECTOR_TIMES_SCALAR = 142,
    OP_DOT = 148,
    EXT_FMA = 50, // of GLSL.std.450, the only set that shaders import
    NO_CONTRACTION = 42,
    CAPABILITY_ROUNDING_MODE_RTE = 4467,
    EXECUTION_MODE_ROUNDING_MODE_RTE = 4462,
    FLOAT_BITS = 32,
};

struct writer {
    uint32_t *words;
    uint32_t count;
    uint32_t next_id; // that nothing has yet
};

static void append(struct writer *writer, const uint32_t *words, uint32_t count)
{
    memcpy(writer->words + writer->count, words, count * sizeof *words);
    writer->count += count;
}

static bool is_float_arithmetic(uint32_t number)
{
    return number == OP_F_NEGATE || number == OP_F_ADD || number == OP_F_SUB ||
           number == OP_F_MUL || (number >= OP_F_DIV && number <= OP_DOT);
}

static bool is_fma(const uint32_t *instruction)
{
    return (instruction[0] & NUMBER_MASK) == OP_EXT_INST && instruction[4] == EXT_FMA;
}

static void append_decoration(struct writer *writer, uint32_t id)
{
    const uint32_t decoration[] = {3 << LENGTH_SHIFT | OP_DECORATE, id, NO_CONTRACTION};
    append(writer, decoration, 3);
}

// For each float operation, by the number of its result; and for the products that the fused ones
// will be taken apart into, in their order.
static void append_decorations(struct writer *writer, const uint32_t *words, uint32_t count)
{
    uint32_t product = writer->next_id;
    for (uint32_t i = HEADER_WORDS; i < count; i += words[i] >> LENGTH_SHIFT) {
        if (is_fma(words + i))
            append_decoration(writer, product++);
        if (is_fma(words + i) || is_float_arithmetic(words[i] & NUMBER_MASK))
            append_decoration(writer, words[i + 2]);
    }
}

// a * b + c, which compilers of shaders like to fuse, as a product and a sum.
static void append_apart(struct writer *writer, const uint32_t *fma)
{
    const uint32_t type = fma[1], sum = fma[2], product = writer->next_id++;
    const uint32_t both[] = {5 << LENGTH_SHIFT | OP_F_MUL, type, product, fma[5],  fma[6],
                             5 << LENGTH_SHIFT | OP_F_ADD, type, sum,     product, fma[7]};
    append(writer, both, 10);
}

static void append_rounding(struct writer *writer, uint32_t entry_point)
{
    const uint32_t mode[] = {4 << LENGTH_SHIFT | OP_EXECUTION_MODE, entry_point,
                             EXECUTION_MODE_ROUNDING_MODE_RTE, FLOAT_BITS};
    append(writer, mode, 4);
}

// The words are our own build's: SPIR-V 1.5 that spirv-val has seen, with one entry point.
vktl_status strict_shader(const uint32_t *words, uint32_t size, bool rounds, uint32_t **made,
                          uint32_t *made_size)
{
    const uint32_t count = size / (uint32_t)sizeof *words;
    const uint32_t capability[] = {2 << LENGTH_SHIFT | OP_CAPABILITY, CAPABILITY_ROUNDING_MODE_RTE};
    // An operation has 4 words or more, and gets 3; a fused one has 8, and gets 2 and 6. The entry
    // point alone has more than is added for the rounding.
    struct writer writer = {malloc(2 * (size_t)size), 0, words[HEADER_BOUND]};
    bool is_decorated = false;
    uint32_t entry_point = 0;
    if (!writer.words)
        return VKTL_NO_MEMORY;
    append(&writer, words, HEADER_WORDS);
    if (rounds)
        append(&writer, capability, 2);
    for (uint32_t i = HEADER_WORDS; i < count; i += words[i] >> LENGTH_SHIFT) {
        const uint32_t number = words[i] & NUMBER_MASK;
        if (entry_point && number != OP_ENTRY_POINT) {
            append_rounding(&writer, entry_point);
            entry_point = 0;
        }
        if (number == OP_ENTRY_POINT && rounds)
            entry_point = words[i + 2];
        if (number >= OP_TYPE_FIRST && number <= OP_TYPE_LAST && !is_decorated) {
            append_decorations(&writer, words, count);
            is_decorated = true;
        }
        if (is_fma(words + i))
            append_apart(&writer, words + i);
        else
            append(&writer, words + i, words[i] >> LENGTH_SHIFT);
    }
    writer.words[HEADER_BOUND] = writer.next_id;
    *made = writer.words;
    *made_size = writer.count * (uint32_t)sizeof *words;
    return VKTL_OK;
}
