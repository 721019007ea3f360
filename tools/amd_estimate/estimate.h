// Parts of amd_estimate: what AMD's compiler says of a kernel, for a generation that need not be
// here.
#ifndef AMD_ESTIMATE_H
#define AMD_ESTIMATE_H

#include "gpu/device.h"

// One kernel compiled for one generation.
struct estimate {
    uint32_t subgroup_size; // invocations
    uint32_t vgprs, sgprs;
    uint32_t spilled;             // registers of both kinds
    uint32_t lds_size, code_size; // bytes
    uint32_t subgroups;           // that a SIMD can hold at a time
    uint32_t cycles; // ACO's "Inverse Throughput": of a wave, with every loop taken for 8 turns
};

// Opens RADV's null device of a generation, as RADV_FORCE_FAMILY calls it. Fails with
// VKTL_NO_DEVICE where there is no such driver or no such generation. compile_close takes a device
// that was never opened.
// `most_invocations` of a workgroup, 0 for as many as the generation has.
vktl_status compile_open(const struct vktl_log *log, const char *family, uint32_t most_invocations,
                         struct vktl_device *device);
void compile_close(struct vktl_device *device);

// Compiles over storage buffers, or over addresses.
vktl_status compile_kernel(struct vktl_device *device, const struct kernel *kernel, bool by_address,
                           const uint32_t *constants, uint32_t constant_count,
                           struct estimate *estimate);

enum { MAX_FAMILIES = 8 };

// A line of a table: a kernel, and what came of it a generation.
struct row {
    const struct kernel *kernel;
    uint32_t rows, columns; // of the tile of a product; 0 for other kernels
    uint32_t local;         // invocations that compute it
    bool by_fours;          // a product's loads and stores
    bool is_mixed;          // a product of halves, by cooperative matrices
    bool by_address;        // compiled over addresses
    struct estimate estimates[MAX_FAMILIES];
};

// Percent of the multiply-add rate that a product of floats may reach at best; 0 for other kernels.
double row_percent(const struct row *row, const struct estimate *estimate, const char *family);

// Print rows as Markdown. Of speed: percent of the multiply-add rate of products, then cycles of
// the rest. Of registers: those, and what else bounds how many waves run at a time.
void table_print_speed(const struct row *rows, uint32_t row_count, char *const *families,
                       uint32_t family_count);
void table_print_registers(const struct row *rows, uint32_t row_count, char *const *families,
                           uint32_t family_count);

#endif
