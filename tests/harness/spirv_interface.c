// Responsible for walking SPIR-V, as far as buffers and push constants need it. Numbers are those
// of the SPIR-V specification, sections 3.20 (decorations), 3.7 (storage classes), 3.49 (opcodes).
#include "harness/spirv_interface.h"

#include "harness/harness.h"

enum {
    OP_TYPE_INT = 21,
    OP_TYPE_VECTOR = 23,
    OP_TYPE_ARRAY = 28,
    OP_TYPE_STRUCT = 30,
    OP_TYPE_POINTER = 32,
    OP_CONSTANT = 43,
    OP_VARIABLE = 59,
    OP_LOAD = 61,
    OP_ACCESS_CHAIN = 65,
    OP_IN_BOUNDS_ACCESS_CHAIN = 66,
    OP_DECORATE = 71,
    OP_MEMBER_DECORATE = 72,
    OP_BITCAST = 124,
    DECORATION_NON_WRITABLE = 24,
    DECORATION_NON_READABLE = 25,
    DECORATION_BINDING = 33,
    DECORATION_OFFSET = 35,
    CLASS_PUSH_CONSTANT = 9,
    CLASS_STORAGE_BUFFER = 12,
    CLASS_PHYSICAL_STORAGE_BUFFER = 5349,
    HEADER_WORDS = 5,
};

// What is known of an id. `at` points at the instruction that defines it.
struct id {
    const uint32_t *at;
    uint32_t binding, last_offset, offset[2];
    bool non_writable, non_readable;
};

struct module {
    struct id *ids;
    uint32_t bound;
    struct spirv_interface *interface;
};

static uint32_t opcode(const uint32_t *at)
{
    return at ? at[0] & 0xffff : 0;
}

static struct id *id_of(const struct module *module, uint32_t id)
{
    assert_true(id < module->bound);
    return &module->ids[id];
}

static void note_access(struct id *id, uint32_t decoration)
{
    id->non_writable = id->non_writable || decoration == DECORATION_NON_WRITABLE;
    id->non_readable = id->non_readable || decoration == DECORATION_NON_READABLE;
}

static void read_decoration(const struct module *module, const uint32_t *at)
{
    struct id *target = id_of(module, at[1]);
    if (opcode(at) == OP_DECORATE) {
        note_access(target, at[2]);
        if (at[2] == DECORATION_BINDING)
            target->binding = at[3];
        return;
    }
    note_access(target, at[3]);
    if (at[3] != DECORATION_OFFSET)
        return;
    if (at[2] < 2)
        target->offset[at[2]] = at[4];
    if (at[4] > target->last_offset)
        target->last_offset = at[4];
}

static bool result_is_first(uint32_t code)
{
    return code == OP_TYPE_INT || code == OP_TYPE_VECTOR || code == OP_TYPE_ARRAY ||
           code == OP_TYPE_STRUCT || code == OP_TYPE_POINTER;
}

static bool result_is_second(uint32_t code)
{
    return code == OP_CONSTANT || code == OP_VARIABLE || code == OP_LOAD ||
           code == OP_ACCESS_CHAIN || code == OP_IN_BOUNDS_ACCESS_CHAIN || code == OP_BITCAST;
}

// The struct behind a pointer type, where it is of that storage class; else 0.
static uint32_t pointee(const struct module *module, uint32_t type, uint32_t storage_class)
{
    const uint32_t *at = id_of(module, type)->at;
    return opcode(at) == OP_TYPE_POINTER && at[2] == storage_class ? at[3] : 0;
}

static void note_buffer(const struct module *module, uint32_t number, const struct id *variable,
                        uint32_t structure)
{
    const struct id *type = id_of(module, structure);
    struct spirv_interface *interface = module->interface;
    assert_true(number < SPIRV_MAX_BUFFERS);
    interface->used[number] = true;
    interface->read_only[number] = variable->non_writable || type->non_writable;
    interface->write_only[number] = variable->non_readable || type->non_readable;
}

// struct { push } or struct { uvec2 address[n]; push }.
static void read_push(const struct module *module, uint32_t structure)
{
    const struct id *outer = id_of(module, structure);
    struct spirv_interface *interface = module->interface;
    uint32_t member = 0;
    const uint32_t *first = id_of(module, outer->at[2])->at;
    if (opcode(first) == OP_TYPE_ARRAY) {
        interface->address_count = id_of(module, first[3])->at[3];
        member = 1;
    }
    interface->push_offset = outer->offset[member];
    interface->push_size = id_of(module, outer->at[2 + member])->last_offset + 4;
}

static void read_variable(const struct module *module, const uint32_t *at)
{
    const uint32_t push = pointee(module, at[1], CLASS_PUSH_CONSTANT);
    const uint32_t buffer = pointee(module, at[1], CLASS_STORAGE_BUFFER);
    const struct id *variable = id_of(module, at[2]);
    if (push)
        read_push(module, push);
    if (buffer)
        note_buffer(module, variable->binding, variable, buffer);
}

// An address becomes a pointer: bitcast of a load of push.address[number].
static void read_bitcast(const struct module *module, const uint32_t *at)
{
    const uint32_t structure = pointee(module, at[1], CLASS_PHYSICAL_STORAGE_BUFFER);
    if (!structure)
        return;
    const uint32_t *load = id_of(module, at[3])->at;
    assert_int_equal(opcode(load), OP_LOAD);
    const uint32_t *chain = id_of(module, load[3])->at;
    assert_true(opcode(chain) == OP_ACCESS_CHAIN || opcode(chain) == OP_IN_BOUNDS_ACCESS_CHAIN);
    const uint32_t *number = id_of(module, chain[5])->at; // member 0, then the array's index
    assert_int_equal(opcode(number), OP_CONSTANT);
    note_buffer(module, number[3], id_of(module, at[2]), structure);
}

// Definitions come before uses, except that decorations come before all.
static void read_instruction(const struct module *module, const uint32_t *at)
{
    const uint32_t code = opcode(at);
    if (code == OP_DECORATE || code == OP_MEMBER_DECORATE)
        read_decoration(module, at);
    if (result_is_first(code))
        id_of(module, at[1])->at = at;
    if (result_is_second(code))
        id_of(module, at[2])->at = at;
    if (code == OP_VARIABLE)
        read_variable(module, at);
    if (code == OP_BITCAST)
        read_bitcast(module, at);
}

void spirv_read_interface(const uint32_t *words, uint32_t size, struct spirv_interface *interface)
{
    const uint32_t *const end = words + size / 4;
    struct module module = {.bound = words[3], .interface = interface};
    *interface = (struct spirv_interface){0};
    assert_int_equal(words[0], 0x07230203);
    module.ids = calloc(module.bound, sizeof *module.ids);
    assert_non_null(module.ids);
    for (const uint32_t *at = words + HEADER_WORDS; at < end; at += at[0] >> 16) {
        assert_true(at[0] >> 16 > 0);
        read_instruction(&module, at);
    }
    free(module.ids);
}
