// Responsible for running the operator augment by itself: memory, commands, and the way in and out.
#include "train/augmenter.h"

#include <stdlib.h>

enum { BYTES, IMAGES, OUTPUT, SCRATCH, SLICES };

struct augmenter {
    struct op_io io;
    struct request slices[SLICES];
    struct pool *pool;
    struct program *program;
};

// All of it in memory that the host sees: what goes in and out is as much as what is done.
static vktl_status allocate(struct augmenter *augmenter, struct vktl_device *device)
{
    const struct op_io *io = &augmenter->io;
    augmenter->slices[BYTES].size = shape_size(&io->in[0]);
    augmenter->slices[IMAGES].size = shape_size(&io->in[1]);
    augmenter->slices[OUTPUT].size = shape_size(&io->out);
    augmenter->slices[SCRATCH].size = io->forward_scratch_size;
    return pool_create(device, POOL_HOST, "augmentation", augmenter->slices, SLICES,
                       &augmenter->pool);
}

static vktl_status record(struct augmenter *augmenter, struct vktl_device *device)
{
    struct recorder *recorder = NULL;
    const vktl_status status = recorder_create(device, &recorder);
    if (status != VKTL_OK)
        return status;
    record_label(recorder, "augment");
    op_find("augment")->forward(
        recorder, &(struct op_call){
                      .io = &augmenter->io,
                      .in = {augmenter->slices[BYTES].slice, augmenter->slices[IMAGES].slice},
                      .out = augmenter->slices[OUTPUT].slice,
                      .scratch = augmenter->slices[SCRATCH].slice,
                  });
    return program_create(&recorder, &augmenter->program);
}

vktl_status augmenter_create(const struct vktl_log *log, struct vktl_device *device,
                             const struct start_params *params, struct augmenter **augmenter)
{
    vktl_status status = VKTL_OK;
    *augmenter = calloc(1, sizeof **augmenter);
    TRY_ALLOC(log, *augmenter);
    TRY(start_infer(log, params, &(*augmenter)->io));
    TRY(allocate(*augmenter, device));
    memset(slice_host((*augmenter)->slices[IMAGES].slice), 0, (*augmenter)->slices[IMAGES].size);
    TRY(record(*augmenter, device));
    return VKTL_OK;
fail:
    augmenter_destroy(augmenter);
    return status;
}

void augmenter_destroy(struct augmenter **augmenter)
{
    if (!*augmenter)
        return;
    program_destroy(&(*augmenter)->program);
    pool_destroy(&(*augmenter)->pool);
    free(*augmenter);
    *augmenter = NULL;
}

static void *row_of(const struct augmenter *augmenter, int slice, uint32_t row)
{
    const uint32_t batch = augmenter->io.out.dim[0];
    vktl_assert(row < batch);
    return (unsigned char *)slice_host(augmenter->slices[slice].slice) +
           augmenter->slices[slice].size / batch * row;
}

unsigned char *augmenter_pixels(struct augmenter *augmenter, uint32_t row)
{
    return row_of(augmenter, BYTES, row);
}

struct augment_image *augmenter_image(struct augmenter *augmenter, uint32_t row)
{
    return row_of(augmenter, IMAGES, row);
}

const float *augmenter_output(const struct augmenter *augmenter, uint32_t row)
{
    return row_of(augmenter, OUTPUT, row);
}

vktl_status augmenter_run(struct augmenter *augmenter)
{
    return program_run(augmenter->program);
}
