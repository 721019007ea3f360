// Responsible for folders that tests write into, and for removing them.
#define _XOPEN_SOURCE 700
#include "temporary.h"
#include "harness.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"

static void require(int condition, const char *what)
{
    if (condition)
        return;
    perror(what);
    exit(1);
}

void temporary_create(struct temporary *folder)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder->path, sizeof folder->path, "%s/vktl-test-XXXXXX", parent ? parent : "/tmp");
    require(mkdtemp(folder->path) != NULL, folder->path);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

void temporary_destroy(struct temporary *folder)
{
    nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *temporary_path(const struct temporary *folder, const char *name)
{
    static char paths[8][TEMPORARY_PATH_SIZE * 2];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

void temporary_write(const struct temporary *folder, const char *name, const void *bytes,
                     size_t size)
{
    char path[TEMPORARY_PATH_SIZE * 2];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    for (char *c = path + strlen(folder->path) + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        mkdir(path, 0777);
        *c = '/';
    }
    FILE *file = fopen(path, "wb");
    require(file && (size == 0 || fwrite(bytes, 1, size, file) == size) && fclose(file) == 0, path);
}

bool temporary_same_files(const struct temporary *folder, const char *a, const char *b,
                          const char *name)
{
    const char *const folders[] = {a, b};
    unsigned char *bytes[2];
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        char path[TEMPORARY_PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        assert_int_equal(file_read_all(&harness_log, temporary_path(folder, path), 1 << 24,
                                       &bytes[i], &sizes[i]),
                         VKTL_OK);
    }
    const bool same = sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0;
    free(bytes[0]);
    free(bytes[1]);
    return same;
}
