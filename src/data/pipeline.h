// Work done by threads ahead of whoever needs it, handed out in the order asked for.
//
// A ring of slots bounds the memory: threads fill the slots of the next items while the consumer
// reads the oldest. All functions are for one consumer thread.
#ifndef DATA_PIPELINE_H
#define DATA_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct pipeline;

struct pipeline_params {
    uint32_t thread_count; // at least 1
    uint32_t slot_count;   // at least 1
    size_t slot_size;      // bytes
    // Fills `slot` for `item`, on any of the threads, several at once. Messages go to `log`; the
    // last one comes back with the result.
    vktl_status (*produce)(void *user, const struct vktl_log *log, uint32_t item, void *slot);
    void *user;
};

enum { PIPELINE_MESSAGE_SIZE = 1024 };

struct pipeline_result {
    uint32_t item;
    vktl_status status;  // of produce
    const char *message; // its last message, or ""
    const void *slot;
};

// VKTL_NO_MEMORY also where not even one thread can be started; fewer than asked for will do.
vktl_status pipeline_create(const struct vktl_log *log, const struct pipeline_params *params,
                            struct pipeline **pipeline);

// Starts on the items order[0] to order[count - 1]; `order` is borrowed until the last result is
// taken. What is left of an earlier order is dropped.
void pipeline_begin(struct pipeline *pipeline, const uint32_t *order, uint32_t count);

// Waits for the next result, valid until the next call with this pipeline. False: that was all.
bool pipeline_next(struct pipeline *pipeline, struct pipeline_result *result);

// Waits for the items at work and ends the threads.
void pipeline_destroy(struct pipeline **pipeline);

#endif
