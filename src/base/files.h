// Files and folders: the only place where the library touches the file system by POSIX calls.
//
// Paths are UTF-8, relative ones from the working folder. Every failure is a message that names the
// path and the system's reason: VKTL_INPUT where something cannot be read, VKTL_IO where it cannot
// be written. Strings handed out belong to the caller, who calls free.
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/log.h"

// ---- Reading

// Reads a whole regular file of at most `max_size` bytes. One '\0' follows the `size` bytes, so
// that text may be read as a string.
vktl_status file_read_all(const struct vktl_log *log, const char *path, uint64_t max_size,
                          unsigned char **bytes, size_t *size);

// Bytes of a regular file. False: there is no such file.
bool file_size(const char *path, uint64_t *size);

// ---- Writing: all or nothing

// A file being written under a temporary name in the folder of its final one. Until
// file_writer_commit returns VKTL_OK an older file of that name stays whole.
struct file_writer {
    const struct vktl_log *log;
    int descriptor; // -1: closed
    char *path;
    char *temporary;
};

vktl_status file_writer_init(const struct vktl_log *log, const char *path,
                             struct file_writer *writer);
vktl_status file_writer_write(struct file_writer *writer, const void *bytes, size_t size);
// Syncs, renames and syncs the folder.
vktl_status file_writer_commit(struct file_writer *writer);
// Releases the writer; what was not committed is removed. A zeroed writer is allowed.
void file_writer_deinit(struct file_writer *writer);

// The three of them for bytes that are at hand.
vktl_status file_write_all(const struct vktl_log *log, const char *path, const void *bytes,
                           size_t size);

// ---- Change

// A fingerprint of a regular file's absolute path, size and times of its last changes: while it
// stays, so does the content, as far as the file system tells. False: there is no such file, or it
// was changed so recently that another change might not show.
bool file_identity(const char *path, struct hash *identity);

// ---- Folders

bool file_exists(const char *path);   // something other than a folder, links followed
bool folder_exists(const char *path); // links followed

// `mkdir -p`. New folders get the user's usual permissions.
vktl_status folder_create_all(const struct vktl_log *log, const char *path);

// A new folder for this user alone, in $TMPDIR or /tmp; and its end, with all that is in it, links
// not followed. A pointer to NULL is allowed.
vktl_status folder_create_temporary(const struct vktl_log *log, char **path);
void folder_remove_temporary(char **path);

// VKTL_IO: nothing can be created in that folder, by its permissions or its file system's.
vktl_status folder_check_writable(const struct vktl_log *log, const char *path);

// Removes a folder if nothing is in it.
void folder_remove_empty(const char *path);

enum folder_entry_kind {
    FOLDER_ENTRY_FILE,   // a regular file, or a link to one
    FOLDER_ENTRY_FOLDER, // a folder, or a link to one
    FOLDER_ENTRY_OTHER,  // sockets, devices, broken links
};

struct folder_entry {
    char *name;
    enum folder_entry_kind kind;
    bool is_link; // whoever walks a tree must not follow links to folders: they may go in circles
};

struct folder_list {
    struct folder_entry *entries; // sorted by the bytes of their names; without "." and ".."
    size_t count;
};

vktl_status folder_list_init(const struct vktl_log *log, const char *path,
                             struct folder_list *list);
void folder_list_deinit(struct folder_list *list);

// Removes those files of a folder that were changed longest ago, but not `kept` (NULL: any), until
// all of them have at most `most` bytes together, or no other is left.
void folder_shrink(const char *folder, const char *kept, uint64_t most);

// `$XDG_CACHE_HOME/vktl` (else `~/.cache/vktl`) and `$XDG_DATA_HOME/vktl` (else
// `~/.local/share/vktl`), created for this user alone where missing.
vktl_status folder_cache(const struct vktl_log *log, char **path);
vktl_status folder_data(const struct vktl_log *log, char **path);

// ---- Paths

// "folder/name", with one slash between; just the name where folder is "". NULL: out of memory.
char *path_join(const char *folder, const char *name);

// The part after the last dot of the last component, or "" (also for ".hidden"); points into
// `path`.
const char *path_extension(const char *path);

// The last component; points into `path`.
const char *path_name(const char *path);

#endif
