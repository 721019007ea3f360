// Responsible for locks between processes, and for what a lock tells: whose writer is dead. Making
// temporary files is files.c's.
#include "base/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/files.h"

bool descriptor_lock(int descriptor)
{
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        if (errno != EINTR)
            return errno != EWOULDBLOCK;
    return true;
}

// ---- Folders -----------------------------------------------------------------------------------

vktl_status folder_lock(const struct vktl_log *log, const char *path, const char *work,
                        struct folder_lock *lock)
{
    const int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *lock = (struct folder_lock){0};
    if (descriptor < 0)
        return log_fail(log, VKTL_IO, "%s: the folder cannot be opened: %s", path, strerror(errno));
    if (!descriptor_lock(descriptor)) {
        close(descriptor);
        return log_fail(log, VKTL_FAILED,
                        "%s is in use: another vktl is %s there; wait until it ends, or choose "
                        "another folder",
                        path, work);
    }
    lock->descriptor = descriptor + 1;
    return VKTL_OK;
}

void folder_unlock(struct folder_lock *lock)
{
    if (lock->descriptor > 0)
        close(lock->descriptor - 1);
    *lock = (struct folder_lock){0};
}

// ---- Leftovers ---------------------------------------------------------------------------------

// Whether a name ends as file_writer_init makes them: ".PID-NUMBER.tmp".
static bool is_temporary(const char *name)
{
    static const char digits[] = "0123456789";
    const size_t length = strlen(name), end = sizeof ".tmp" - 1;
    if (length < end || strcmp(name + length - end, ".tmp") != 0)
        return false;
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        const size_t pid = strspn(dot + 1, digits);
        const char *rest = dot + 1 + pid;
        if (pid && *rest == '-' && rest[1] != '.' &&
            rest + 1 + strspn(rest + 1, digits) == name + length - end)
            return true;
    }
    return false;
}

static void remove_if_dead(const char *path)
{
    const int descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (descriptor < 0)
        return;
    if (descriptor_lock(descriptor))
        unlink(path);
    close(descriptor);
}

void folder_clean(const char *path)
{
    struct folder_list list;
    if (folder_list_init(NULL, path, &list) != VKTL_OK)
        return;
    for (size_t i = 0; i < list.count; i++) {
        const struct folder_entry *entry = &list.entries[i];
        char *file = entry->kind == FOLDER_ENTRY_FILE && is_temporary(entry->name)
                         ? path_join(path, entry->name)
                         : NULL;
        if (file)
            remove_if_dead(file);
        free(file);
    }
    folder_list_deinit(&list);
}
