// The process's environment variables, for what other libraries read from there.
#ifndef BASE_ENVIRONMENT_H
#define BASE_ENVIRONMENT_H

#include <stdbool.h>

// Appends `path` to the colon-separated list in variable `name`, unless it is there already.
// Returns false when out of memory. Not safe while other threads read the environment.
bool environment_append_path(const char *name, const char *path);

#endif
