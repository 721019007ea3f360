// What a SPIR-V module says of its buffers and push constants.
#ifndef HARNESS_SPIRV_INTERFACE_H
#define HARNESS_SPIRV_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

enum { SPIRV_MAX_BUFFERS = 16 };

struct spirv_interface {
    bool used[SPIRV_MAX_BUFFERS]; // by number: binding, or place of the address
    bool read_only[SPIRV_MAX_BUFFERS], write_only[SPIRV_MAX_BUFFERS];
    uint32_t address_count; // addresses in front of the push struct
    uint32_t push_offset;   // bytes: of the push struct
    uint32_t push_size;     // bytes: of 4-byte scalars
};

// Reads a module of either form. Ends the test program where it does not understand it.
void spirv_read_interface(const uint32_t *words, uint32_t size, struct spirv_interface *interface);

#endif
