// Responsible for folders, their sorted listing, the user's own folders, and paths as text: the
// second half of files.h.
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- Paths

char *path_join(const char *folder, const char *name)
{
    size_t folder_length = strlen(folder), name_length = strlen(name);
    bool slash = folder_length > 0 && folder[folder_length - 1] != '/';
    char *path = malloc(folder_length + slash + name_length + 1);
    if (!path)
        return NULL;
    memcpy(path, folder, folder_length);
    if (slash)
        path[folder_length] = '/';
    memcpy(path + folder_length + slash, name, name_length + 1);
    return path;
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *path_extension(const char *path)
{
    const char *name = path_name(path);
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : name + strlen(name);
}

// ---- Folders

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool folder_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static vktl_status create_all(const struct vktl_log *log, const char *path, mode_t mode)
{
    vktl_status status = VKTL_OK;
    char *part = path_join("", path);
    TRY_ALLOC(log, part);
    for (char *c = part + 1; part[0]; c++) {
        char kept = *c;
        if (kept != '/' && kept != '\0')
            continue;
        *c = '\0';
        if (mkdir(part, mode) != 0 && !(errno == EEXIST && folder_exists(part)))
            FAIL(log, VKTL_IO, "%s: the folder cannot be created: %s", part, strerror(errno));
        *c = kept;
        if (kept == '\0')
            break;
    }
fail:
    free(part);
    return status;
}

vktl_status folder_create_all(const struct vktl_log *log, const char *path)
{
    return create_all(log, path, 0777);
}

vktl_status folder_check_writable(const struct vktl_log *log, const char *path)
{
    if (access(path, W_OK | X_OK) == 0)
        return VKTL_OK;
    return log_fail(log, VKTL_IO, "%s: nothing can be written there: %s", path, strerror(errno));
}

void folder_remove_empty(const char *path)
{
    rmdir(path);
}

static vktl_status user_folder(const struct vktl_log *log, const char *variable,
                               const char *default_in_home, char **path)
{
    vktl_status status = VKTL_OK;
    char *parent = NULL;
    *path = NULL;
    const char *base = getenv(variable), *home = getenv("HOME");
    // The XDG specification: a relative path there is invalid and ignored.
    if (base && base[0] == '/')
        parent = path_join("", base);
    else if (home && home[0] == '/')
        parent = path_join(home, default_in_home);
    else
        FAIL(log, VKTL_IO, "no folder for vktl's own files: set HOME or %s", variable);
    TRY_ALLOC(log, parent);
    *path = path_join(parent, "vktl");
    TRY_ALLOC(log, *path);
    TRY(create_all(log, *path, 0700));
    free(parent);
    return VKTL_OK;
fail:
    free(parent);
    free(*path);
    *path = NULL;
    return status;
}

vktl_status folder_cache(const struct vktl_log *log, char **path)
{
    return user_folder(log, "XDG_CACHE_HOME", ".cache", path);
}

vktl_status folder_data(const struct vktl_log *log, char **path)
{
    return user_folder(log, "XDG_DATA_HOME", ".local/share", path);
}

// ---- Listing

static vktl_status find_kind(const struct vktl_log *log, const char *folder,
                             struct folder_entry *entry)
{
    char *path = path_join(folder, entry->name);
    if (!path)
        return log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    struct stat info;
    entry->is_link = lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
    entry->kind = FOLDER_ENTRY_OTHER;
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
        entry->kind = FOLDER_ENTRY_FILE;
    else if (folder_exists(path))
        entry->kind = FOLDER_ENTRY_FOLDER;
    free(path);
    return VKTL_OK;
}

static vktl_status add_entry(const struct vktl_log *log, const char *folder, const char *name,
                             struct folder_list *list, size_t *capacity)
{
    vktl_status status = VKTL_OK;
    if (list->count == *capacity) {
        size_t grown = *capacity ? *capacity * 2 : 64;
        struct folder_entry *entries = realloc(list->entries, grown * sizeof *entries);
        TRY_ALLOC(log, entries);
        list->entries = entries;
        *capacity = grown;
    }
    struct folder_entry *entry = &list->entries[list->count];
    entry->name = path_join("", name);
    TRY_ALLOC(log, entry->name);
    list->count++;
    TRY(find_kind(log, folder, entry));
fail:
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct folder_entry *)a)->name, ((const struct folder_entry *)b)->name);
}

vktl_status folder_list_init(const struct vktl_log *log, const char *path, struct folder_list *list)
{
    vktl_status status = VKTL_OK;
    size_t capacity = 0;
    *list = (struct folder_list){0};
    DIR *folder = opendir(path);
    if (!folder)
        return log_fail(log, VKTL_INPUT, "%s: the folder cannot be read: %s", path,
                        strerror(errno));
    for (;;) {
        errno = 0;
        struct dirent *found = readdir(folder);
        if (!found && errno)
            FAIL(log, VKTL_INPUT, "%s: the folder cannot be read: %s", path, strerror(errno));
        if (!found)
            break;
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
            TRY(add_entry(log, path, found->d_name, list, &capacity));
    }
    closedir(folder);
    if (list->count)
        qsort(list->entries, list->count, sizeof *list->entries, compare_names);
    return VKTL_OK;
fail:
    closedir(folder);
    folder_list_deinit(list);
    return status;
}

void folder_list_deinit(struct folder_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].name);
    free(list->entries);
    *list = (struct folder_list){0};
}

// ---- Room

// The file of a folder that was changed longest ago, but not `kept`; NULL: none. `total` gets the
// bytes of all files.
static char *oldest_file(const struct folder_list *list, const char *folder, const char *kept,
                         uint64_t *total)
{
    char *oldest = NULL;
    struct timespec oldest_time = {0};
    *total = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct stat info;
        char *path = path_join(folder, list->entries[i].name);
        const bool found = path && lstat(path, &info) == 0 && S_ISREG(info.st_mode);
        *total += found ? (uint64_t)info.st_size : 0;
        const bool is_older = !oldest || info.st_mtim.tv_sec < oldest_time.tv_sec ||
                              (info.st_mtim.tv_sec == oldest_time.tv_sec &&
                               info.st_mtim.tv_nsec < oldest_time.tv_nsec);
        if (found && is_older && !(kept && strcmp(path, kept) == 0)) {
            free(oldest);
            oldest = path;
            oldest_time = info.st_mtim;
        } else {
            free(path);
        }
    }
    return oldest;
}

void folder_shrink(const char *folder, const char *kept, uint64_t most)
{
    for (bool is_done = false; !is_done;) {
        struct folder_list list;
        uint64_t total;
        if (folder_list_init(NULL, folder, &list) != VKTL_OK)
            return;
        char *oldest = oldest_file(&list, folder, kept, &total);
        is_done = total <= most || !oldest || unlink(oldest) != 0;
        free(oldest);
        folder_list_deinit(&list);
    }
}
