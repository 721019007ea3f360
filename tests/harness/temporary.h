// A folder for the files of one test.
#ifndef HARNESS_TEMPORARY_H
#define HARNESS_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

enum { TEMPORARY_PATH_SIZE = 1024 };

struct temporary {
    char path[TEMPORARY_PATH_SIZE];
};

void temporary_create(struct temporary *folder);  // ends the test program where it cannot
void temporary_destroy(struct temporary *folder); // with all that is in it

// "folder/name" in a static buffer: valid until the eighth call after this one.
const char *temporary_path(const struct temporary *folder, const char *name);

// Writes a file, making the folders on its way.
void temporary_write(const struct temporary *folder, const char *name, const void *bytes,
                     size_t size);

// Whether "a/name" and "b/name" hold the same bytes; both must be there.
bool temporary_same_files(const struct temporary *folder, const char *a, const char *b,
                          const char *name);

#endif
