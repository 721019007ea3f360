// Responsible for running a fuzz target over the files and folders that are named: for compilers
// without libFuzzer, and for regressions.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static unsigned count;

static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t size = 0;
    if (!file)
        return false;
    if (fseek(file, 0, SEEK_END) == 0 && (size = (size_t)ftell(file)) < SIZE_MAX)
        bytes = malloc(size ? size : 1); // exactly: what is read behind it is found
    rewind(file);
    const bool is_read = bytes && fread(bytes, 1, size, file) == size;
    fclose(file);
    if (is_read) {
        fprintf(stderr, "%s\n", path); // the last one is what failed
        LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
        count++;
    }
    free(bytes);
    return is_read;
}

static bool replay(const char *path)
{
    struct dirent **entries;
    bool is_good = true;
    const int found = scandir(path, &entries, NULL, alphasort);
    if (found < 0)
        return replay_file(path);
    for (int i = 0; i < found; i++) {
        char *name = NULL;
        if (entries[i]->d_name[0] != '.' &&
            asprintf(&name, "%s/%s", path, entries[i]->d_name) > 0 && !replay(name))
            is_good = false;
        free(name);
        free(entries[i]);
    }
    free(entries);
    return is_good;
}

int main(int argc, char **argv)
{
    bool is_good = true;
    for (int i = 1; i < argc; i++)
        is_good = replay(argv[i]) && is_good;
    fprintf(stderr, "%u inputs\n", count);
    return is_good && count ? EXIT_SUCCESS : EXIT_FAILURE;
}
