// TensorBoard's event files, written: scalars that `tensorboard --logdir` and TensorFlow's readers
// show.
//
// A file is a sequence of TFRecords (tensorflow/core/lib/io/record_writer.h): the payload's size as
// a 64-bit number, that number's masked CRC-32C, the payload, its masked CRC-32C, all
// little-endian. A payload is a protobuf `Event` (tensorflow/core/util/event.proto). Records are
// appended and flushed, never rewritten, since a reader follows the file as it grows; one that a
// crash cut short is where a reader stops.
#ifndef FORMATS_TFEVENTS_H
#define FORMATS_TFEVENTS_H

#include <stdint.h>
#include <stdio.h>

#include "base/log.h"

struct tfevents {
    const struct vktl_log *log;
    FILE *file; // NULL: closed
    char *path;
};

// Starts a new file in `folder`, which is created where missing; files there already stay. It opens
// with the word that steps from `first_step` on are written anew, so that what an older file of the
// folder says of them no longer counts. `events` is closed by the caller, also after a failure.
// VKTL_IO: it cannot be written.
vktl_status tfevents_open(const struct vktl_log *log, const char *folder, int64_t first_step,
                          struct tfevents *events);
void tfevents_close(struct tfevents *events);

// Appends one scalar, with the present time. It has reached the file after tfevents_flush.
vktl_status tfevents_scalar(struct tfevents *events, const char *tag, int64_t step, float value);
vktl_status tfevents_flush(struct tfevents *events);

#endif
