// What the fuzz targets share. A target is one LLVMFuzzerTestOneInput in a file of its own;
// libFuzzer calls it with mutated inputs, replay.c with the files of a corpus.
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What a target may have to make sound inputs of mutated ones; whether libFuzzer is there, and
// its own mutations, none without it.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
bool fuzz_is_guided(void);
size_t fuzz_mutate(uint8_t *data, size_t size, size_t most);

// A receiver of messages that ends the program where one is not a line of printable text.
extern const struct vktl_log fuzz_log;

// Ends the program unless the text could go to a terminal as it is: no control characters but the
// line's end and the tab.
void fuzz_check_printable(const char *text);

// A folder in memory for this process alone, made at the first call.
const char *fuzz_folder(void);

// Writes a file of that name there and returns its path, which lives until the next call.
const char *fuzz_file(const char *name, const uint8_t *data, size_t size);

// Cuts inputs into several: the part up to the separator "\n====\n", or all that is left.
struct fuzz_part {
    const uint8_t *data;
    size_t size;
};
struct fuzz_part fuzz_next_part(const uint8_t **data, size_t *size);

#endif
