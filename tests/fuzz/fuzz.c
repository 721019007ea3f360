// Responsible for files, messages and parts of inputs of all fuzz targets.
#define _GNU_SOURCE
#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

// ---- Mutations

__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

bool fuzz_is_guided(void)
{
    return LLVMFuzzerMutate != NULL;
}

size_t fuzz_mutate(uint8_t *data, size_t size, size_t most)
{
    return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, most) : size;
}

// ---- Messages

void fuzz_check_printable(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        require((*c >= 0x20 && *c != 0x7f) || *c == '\n' || *c == '\t',
                "a control character would reach the terminal");
}

static void receive(void *user, enum vktl_log_level level, const char *sentence)
{
    (void)user, (void)level;
    fuzz_check_printable(sentence);
}

const struct vktl_log fuzz_log = {receive, NULL};

// ---- Files

static char folder[64];

static void remove_folder(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", folder);
}

const char *fuzz_folder(void)
{
    if (*folder)
        return folder;
    snprintf(folder, sizeof folder, "%s/vktl-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    require(mkdtemp(folder), "no folder for files");
    atexit(remove_folder);
    return folder;
}

const char *fuzz_file(const char *name, const uint8_t *data, size_t size)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(file >= 0 && write(file, data, size) == (ssize_t)size, "a file cannot be written");
    close(file);
    return path;
}

// ---- Parts

struct fuzz_part fuzz_next_part(const uint8_t **data, size_t *size)
{
    static const char separator[] = "\n====\n";
    const size_t length = sizeof separator - 1;
    struct fuzz_part part = {*data, *size};
    const uint8_t *end = *size ? memmem(*data, *size, separator, length) : NULL;
    if (end)
        part.size = (size_t)(end - *data);
    const size_t taken = end ? part.size + length : part.size;
    *data += taken;
    *size -= taken;
    return part;
}
