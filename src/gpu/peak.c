// Responsible for measuring a device's two ceilings, arithmetic and memory. What is made of the
// figures is `vktl bench`'s.
#include "gpu/peak.h"
#include "abi/peak.h"
#include "base/log.h"
#include "shaders.h"

enum { LOCAL = 256, REPEATS = 5 };

static const struct kernel madd_kernel = {
    KERNEL(peak_madd),
    .push_size = sizeof(struct peak_madd_push),
    .access = {[PEAK_MADD_Y] = ACCESS_WRITE},
    .local = {LOCAL},
};

static const struct kernel copy_kernel = {
    KERNEL(peak_copy),
    .push_size = sizeof(struct peak_copy_push),
    .access = {[PEAK_COPY_X] = ACCESS_READ, [PEAK_COPY_Y] = ACCESS_WRITE},
    .local = {LOCAL},
};

const struct kernel *const peak_kernels[] = {&madd_kernel, &copy_kernel, NULL};

// The shortest of several runs of one dispatch, in seconds: a ceiling is what was reached once.
static vktl_status shortest_run(struct vktl_device *device, const struct kernel *kernel,
                                const struct dispatch *dispatch, double *seconds)
{
    vktl_status status = VKTL_OK;
    struct recorder *recorder = NULL;
    struct program *program = NULL;
    const struct profile_row *rows;
    TRY(recorder_create(device, &recorder));
    record_dispatch(recorder, kernel, dispatch);
    TRY(program_create(&recorder, &program));
    TRY(program_profile(program, true));
    *seconds = 0;
    for (int i = 0; i < REPEATS; i++) {
        TRY(program_run(program));
        if (program_profile_rows(program, &rows) == 1 && rows[0].seconds > 0 &&
            (*seconds == 0 || rows[0].seconds < *seconds))
            *seconds = rows[0].seconds;
    }
fail:
    program_destroy(&program);
    return status;
}

// So few turns that a slow device needs some 10 ms, and more until the run is long enough for its
// clock; a loop never passes 65,535 turns.
static vktl_status measure_flops(struct vktl_device *device, struct slice y, double *flops)
{
    enum { FIRST_TURNS = 16, MAX_TURNS = 16384 };
    static const double long_enough_seconds = 0.02;
    vktl_status status = VKTL_OK;
    const uint32_t threads = (uint32_t)(y.size / sizeof(float));
    double seconds = 0;
    *flops = 0;
    for (uint32_t turns = FIRST_TURNS; turns <= MAX_TURNS && seconds < long_enough_seconds;
         turns *= 4) {
        const uint64_t count = (uint64_t)threads * turns * PEAK_MADD_CHAINS * PEAK_MADD_UNROLL * 2;
        const struct peak_madd_push push = {threads, turns, 0.5f, 1.0f};
        TRY(shortest_run(
            device, &madd_kernel,
            &(struct dispatch){
                .bind = {[PEAK_MADD_Y] = y}, .push = &push, .threads = {threads}, .flops = count},
            &seconds));
        *flops = seconds > 0 ? (double)count / seconds : 0;
    }
fail:
    return status;
}

static vktl_status measure_bytes(struct vktl_device *device, struct slice x, struct slice y,
                                 double *bytes)
{
    vktl_status status = VKTL_OK;
    const struct peak_copy_push push = {(uint32_t)(x.size / sizeof(float))};
    double seconds = 0;
    TRY(gpu_fill(device, x, 0));
    TRY(shortest_run(device, &copy_kernel,
                     &(struct dispatch){.bind = {[PEAK_COPY_X] = x, [PEAK_COPY_Y] = y},
                                        .push = &push,
                                        .threads = {push.count},
                                        .flops = push.count},
                     &seconds));
    *bytes = seconds > 0 ? 2.0 * (double)x.size / seconds : 0;
fail:
    return status;
}

vktl_status peak_measure(struct vktl_device *device, struct peak *peak)
{
    // More than any cache but the largest holds, less than any device's binding limit; and enough
    // invocations to fill a large GPU, few enough for a CPU.
    enum { COPY_SIZE = 64 << 20, GPU_THREADS = 1 << 20, CPU_THREADS = 1 << 14 };
    vktl_status status = VKTL_OK;
    const bool is_cpu = vktl_device_info(device)->type == VKTL_DEVICE_CPU;
    const uint64_t threads = is_cpu ? CPU_THREADS : GPU_THREADS;
    struct request requests[] = {{.size = COPY_SIZE}, {.size = COPY_SIZE}};
    struct pool *pool = NULL;
    *peak = (struct peak){0};
    TRY(pool_create(device, POOL_DEVICE, "peak", requests, 2, &pool));
    TRY(measure_flops(device, slice_part(requests[0].slice, 0, threads * sizeof(float)),
                      &peak->flops));
    TRY(measure_bytes(device, requests[0].slice, requests[1].slice, &peak->bytes));
fail:
    pool_destroy(&pool);
    return status;
}
