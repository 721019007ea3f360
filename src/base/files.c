// Responsible for reading whole files and for writing them so that a crash or a full disk leaves
// the older one whole. Folders and paths are in folders.c; what the bytes mean is the callers'
// business.
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/locks.h"
#include "base/text.h"

enum { TEMPORARY_TRIES = 1000 };

// ---- Reading

// What was read is the file as it is now: it may have changed since its size was asked.
static vktl_status read_fully(const struct vktl_log *log, const char *path, int descriptor,
                              unsigned char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = read(descriptor, bytes + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return log_fail(log, VKTL_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        if (count == 0)
            return log_fail(log, VKTL_INPUT, "%s: became shorter while it was read", path);
        done += (size_t)count;
    }
    return VKTL_OK;
}

static vktl_status check_size(const struct vktl_log *log, const char *path, int descriptor,
                              uint64_t max_size, size_t *size)
{
    struct stat info;
    if (fstat(descriptor, &info) != 0)
        return log_fail(log, VKTL_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return log_fail(log, VKTL_INPUT, "%s: not a regular file", path);
    if ((uint64_t)info.st_size > max_size || (uint64_t)info.st_size >= SIZE_MAX)
        return log_fail(log, VKTL_INPUT,
                        "%s: the file has %" PRIu64 " bytes, at most %" PRIu64 " are read", path,
                        (uint64_t)info.st_size, max_size);
    *size = (size_t)info.st_size;
    return VKTL_OK;
}

bool file_size(const char *path, uint64_t *size)
{
    struct stat info;
    const bool is_file = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    *size = is_file ? (uint64_t)info.st_size : 0;
    return is_file;
}

vktl_status file_read_all(const struct vktl_log *log, const char *path, uint64_t max_size,
                          unsigned char **bytes, size_t *size)
{
    vktl_status status = VKTL_OK;
    *bytes = NULL;
    // Not blocking, or a pipe without a writer would hold us here for ever.
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return log_fail(log, VKTL_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    TRY(check_size(log, path, descriptor, max_size, size));
    *bytes = malloc(*size + 1);
    TRY_ALLOC(log, *bytes);
    TRY(read_fully(log, path, descriptor, *bytes, *size));
    (*bytes)[*size] = '\0';
    close(descriptor);
    return VKTL_OK;
fail:
    free(*bytes);
    *bytes = NULL;
    close(descriptor);
    return status;
}

// ---- Change

bool file_identity(const char *path, struct hash *identity)
{
    enum { SETTLED_SECONDS = 2 }; // the coarsest clock of a file system in use
    struct stat info;
    char *absolute = realpath(path, NULL);
    const bool found = absolute && stat(absolute, &info) == 0 && S_ISREG(info.st_mode) &&
                       time(NULL) - info.st_mtim.tv_sec >= SETTLED_SECONDS;
    if (found) {
        const int64_t numbers[] = {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                                   info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
        *identity = hash_bytes(hash_text((struct hash){{0}}, absolute), numbers, sizeof numbers);
    }
    free(absolute);
    return found;
}

// ---- Writing

static vktl_status write_failed(const struct file_writer *writer)
{
    return log_fail(writer->log, VKTL_IO, "%s: cannot be written: %s", writer->path,
                    strerror(errno));
}

// Created exclusively under a name of our own, so that two runs never share a temporary file and
// permissions follow the user's umask (mkstemp's would not). Locked for as long as it is in use, so
// that folder_clean tells it from what a killed process left; whose lock is there first, keeps it.
static vktl_status open_temporary(struct file_writer *writer)
{
    size_t size = strlen(writer->path) + 64;
    writer->temporary = malloc(size);
    if (!writer->temporary)
        return log_fail(writer->log, VKTL_NO_MEMORY, "out of host memory");
    for (int i = 0; i < TEMPORARY_TRIES && writer->descriptor < 0; i++) {
        snprintf(writer->temporary, size, "%s.%ld-%d.tmp", writer->path, (long)getpid(), i);
        writer->descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->descriptor < 0 && errno != EEXIST)
            break;
        if (writer->descriptor >= 0 && !descriptor_lock(writer->descriptor)) {
            close(writer->descriptor);
            writer->descriptor = -1;
            errno = EEXIST;
        }
    }
    return writer->descriptor < 0 ? write_failed(writer) : VKTL_OK;
}

vktl_status file_writer_init(const struct vktl_log *log, const char *path,
                             struct file_writer *writer)
{
    vktl_status status = VKTL_OK;
    *writer = (struct file_writer){.log = log, .descriptor = -1};
    writer->path = path_join("", path);
    TRY_ALLOC(log, writer->path);
    TRY(open_temporary(writer));
    return VKTL_OK;
fail:
    file_writer_deinit(writer);
    return status;
}

vktl_status file_writer_write(struct file_writer *writer, const void *bytes, size_t size)
{
    const unsigned char *rest = bytes;
    while (size > 0) {
        ssize_t count = write(writer->descriptor, rest, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return write_failed(writer);
        rest += count;
        size -= (size_t)count;
    }
    return VKTL_OK;
}

// Makes the rename itself survive a power cut. Some file systems cannot sync a folder; the data
// are safe there as far as they can be.
static void sync_folder(const char *path)
{
    size_t length = (size_t)(path_name(path) - path);
    char *folder = malloc(length + 2);
    if (!folder)
        return;
    memcpy(folder, length ? path : ".", length ? length : 1);
    folder[length ? length : 1] = '\0';
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

// False: the disk is full or broken. Some file systems cannot sync; then the data are as safe as
// they can be there.
static bool sync_file(int descriptor)
{
    while (fsync(descriptor) != 0)
        if (errno != EINTR)
            return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
    return true;
}

vktl_status file_writer_commit(struct file_writer *writer)
{
    vktl_status status = VKTL_OK;
    const int descriptor = writer->descriptor;
    if (!sync_file(descriptor))
        return write_failed(writer);
    const int lock = dup(descriptor); // until it has its name
    writer->descriptor = -1;
    // A network file system may report a full disk as late as here.
    if (close(descriptor) != 0 || rename(writer->temporary, writer->path) != 0)
        status = write_failed(writer);
    if (lock >= 0)
        close(lock);
    if (status != VKTL_OK)
        return status;
    free(writer->temporary);
    writer->temporary = NULL;
    sync_folder(writer->path);
    return VKTL_OK;
}

void file_writer_deinit(struct file_writer *writer)
{
    // In a zeroed writer the descriptor is 0 but there is no temporary: nothing was opened.
    if (writer->temporary && writer->descriptor >= 0)
        close(writer->descriptor);
    if (writer->temporary)
        unlink(writer->temporary);
    free(writer->temporary);
    free(writer->path);
    *writer = (struct file_writer){.descriptor = -1};
}

vktl_status file_write_all(const struct vktl_log *log, const char *path, const void *bytes,
                           size_t size)
{
    vktl_status status = VKTL_OK;
    struct file_writer writer = {0};
    TRY(file_writer_init(log, path, &writer));
    TRY(file_writer_write(&writer, bytes, size));
    TRY(file_writer_commit(&writer));
fail:
    file_writer_deinit(&writer);
    return status;
}
