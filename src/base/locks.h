// Locks between processes, which the system releases when their holder ends, however it ends.
#ifndef BASE_LOCKS_H
#define BASE_LOCKS_H

#include <stdbool.h>

#include "base/log.h"

// On a file or folder that is open. False: somebody else holds one; where the file system knows no
// locks everybody gets one.
bool descriptor_lock(int descriptor);

// Nobody else may work in a folder while we do.
struct folder_lock {
    int descriptor; // + 1; 0: not held
};

// VKTL_FAILED, with a message that says `work`: somebody else does it in that folder, in this
// process or another.
vktl_status folder_lock(const struct vktl_log *log, const char *path, const char *work,
                        struct folder_lock *lock);
// A zeroed lock is allowed.
void folder_unlock(struct folder_lock *lock);

// Removes the temporary files that file writers left in a folder when they were killed. Those of
// writers that are at work stay.
void folder_clean(const char *path);

#endif
