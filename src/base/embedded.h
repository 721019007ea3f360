// Files of assets/ that the build embeds: architectures, the demo's backbone and the
// selftest's golden run.
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; // path below assets/, "models/vgg16.json"; NULL ends the table
    const unsigned char *bytes;
    size_t size;
};

extern const struct embedded_file embedded_files[];

// By path below assets/; NULL when there is none.
const struct embedded_file *embedded_find(const char *name);

#endif
