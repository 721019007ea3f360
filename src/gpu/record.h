// Kernels, and programs made of them: recorded once, replayed each step.
#ifndef GPU_RECORD_H
#define GPU_RECORD_H

#include "gpu/memory.h"

enum access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE, ACCESS_READ_WRITE };

enum { KERNEL_MAX_BUFFERS = 8, KERNEL_MAX_CONSTANTS = 8, KERNEL_MAX_PUSH_SIZE = 128 };

// One entry point of shaders/ops in both forms, embedded at build time.
struct spirv {
    const char *name;
    const uint32_t *words[2]; // [0] over storage buffers, [1] over buffer addresses
    uint32_t size[2];         // bytes
};

// A kernel as an operator declares it; static data. The access of each buffer must be what the
// shader declares (tests/ops/abi.c compares).
struct kernel {
    const struct spirv *spirv;
    uint32_t push_size;                     // bytes; with 8 for every buffer at most 128
    enum access access[KERNEL_MAX_BUFFERS]; // ACCESS_NONE ends the list
    uint32_t local[3];                      // invocations of a workgroup; 0 counts as 1. Of more
                                            // than 128, see gpu_local
};

// Invocations of a workgroup along an axis where a kernel declares `wanted`: that many, or on a
// device that runs fewer the 128 that every device runs. Kernels take either.
enum { GPU_MIN_INVOCATIONS = 128 };
uint32_t gpu_local(const struct vktl_device_info *info, uint32_t wanted);

#define KERNEL(name) .spirv = &spirv_##name
// Whether the kernels of cooperative matrices were built.
bool gpu_knows_matrices(void);
// A fingerprint of every embedded shader: what was computed or tuned with others is out of date.
uint64_t gpu_shader_hash(void);

// Every shader's symbol is declared in the generated header "shaders.h": extern const struct spirv
// spirv_<file name without .comp> (with _<VARIANT> for shaders that have variants).

// One use of a kernel.
struct dispatch {
    struct slice bind[KERNEL_MAX_BUFFERS];
    uint64_t extent[KERNEL_MAX_BUFFERS];      // bytes the kernel may touch from the slice's start;
                                              // 0 means the whole slice. Must lie in the slice.
    const void *push;                         // push_size bytes, copied
    uint32_t threads[3];                      // invocations wanted; 0 counts as 1
    uint32_t constants[KERNEL_MAX_CONSTANTS]; // specialization constants 3, 4, ...
    uint32_t constant_count;
    uint64_t flops; // estimated operations, for bounding submits and for figures
};

struct recorder;

vktl_status recorder_create(struct vktl_device *device, struct recorder **recorder);
void recorder_destroy(struct recorder **recorder);
const struct vktl_device_info *recorder_info(const struct recorder *recorder);

// Names what is recorded from here on ("block1_conv1 forward"), for profiles. Copied.
void record_label(struct recorder *recorder, const char *label);

// Sends a device's messages somewhere else from now on, and returns where they went.
const struct vktl_log *device_redirect_log(struct vktl_device *device, const struct vktl_log *log);

// What is recorded from now on is strict, see vktl_device_params.
void gpu_be_strict(struct vktl_device *device);

// Records. Failures (a pipeline that does not compile, no memory) stick to the recorder and come
// out of program_create. Barriers are derived from what each command reads and writes.
//
// A dispatch with threads[1] and threads[2] at most 1 is *linear*: its groups are folded over y
// where they pass a device limit, and its shader finds its place by linear_index() of
// shaders/lib/index.glsl and must check it against its own bound.
//
// A long dispatch may be cut into several along its last axis with more than one group, so no
// shader may use gl_NumWorkGroups.
void record_dispatch(struct recorder *recorder, const struct kernel *kernel,
                     const struct dispatch *dispatch);
void record_copy(struct recorder *recorder, struct slice to, struct slice from); // equal sizes
void record_fill(struct recorder *recorder, struct slice slice, uint32_t word);

// A replayable list of commands. It is cut into submits of bounded time, by estimated work first
// and by its own timestamps afterwards.
struct program;

// Takes the recorder over (also on failure) and writes NULL to it.
vktl_status program_create(struct recorder **recorder, struct program **program);
void program_destroy(struct program **program);

// Submits the whole program; the host may do other work until program_wait returns.
vktl_status program_submit(struct program *program);
vktl_status program_wait(struct program *program);
vktl_status program_run(struct program *program); // submit and wait

// Time of each command in the last run, in order; only after program_profile(program, true), which
// puts a timestamp around every command (and so slows the program a little).
struct profile_row {
    const char *label;  // as recorded
    const char *kernel; // name, or "copy", "fill"
    uint64_t flops;
    double seconds;
};
vktl_status program_profile(struct program *program, bool on);
uint32_t program_profile_rows(const struct program *program, const struct profile_row **rows);

// Submits that the program is cut into, and the estimated operations of one run.
uint32_t program_submit_count(const struct program *program);
uint64_t program_flops(const struct program *program);

// Seconds that the device was at work on all runs so far, by its timestamps; runs that are profiled
// do not count. 0 where it has no timestamps.
double program_busy_seconds(const struct program *program);

#endif
