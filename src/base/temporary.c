// Responsible for folders that are gone afterwards: the last part of files.h.
#include "base/files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

vktl_status folder_create_temporary(const struct vktl_log *log, char **path)
{
    const char *parent = getenv("TMPDIR");
    *path = path_join(parent && *parent ? parent : "/tmp", "vktl-XXXXXX");
    if (!*path)
        return log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    if (mkdtemp(*path))
        return VKTL_OK;
    const vktl_status status = log_fail(
        log, VKTL_IO, "%s: no temporary folder can be created there: %s; TMPDIR names another",
        *path, strerror(errno));
    free(*path);
    *path = NULL;
    return status;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

void folder_remove_temporary(char **path)
{
    enum { OPEN_FOLDERS = 16 };
    if (*path)
        nftw(*path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    free(*path);
    *path = NULL;
}
