// Responsible for files of choices beside the pipeline cache: whose one is, a line a choice, and a
// fingerprint of all before it. What is damaged or foreign is as good as none.
#include "gpu/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"

enum { MAX_FILE_SIZE = 16 << 20 };

static void append_hash(struct text *text, struct hash hash)
{
    text_format(text, "%016llx%016llx", (unsigned long long)hash.half[0],
                (unsigned long long)hash.half[1]);
}

char *tuning_file_path(const struct tuning_file *file, const char *folder)
{
    struct text name;
    char *path = NULL;
    text_init(&name);
    text_format(&name, "%s-", file->kind);
    append_hash(&name, file->identity);
    text_append(&name, ".txt");
    if (!name.failed)
        path = cache_path(folder, name.data);
    text_deinit(&name);
    return path;
}

static void append_head(struct text *text, const struct tuning_file *file)
{
    text_format(text, "vktl %s 1\n%s\n%s\n", file->kind, file->info->name, file->info->driver);
    append_hash(text, file->identity);
    text_append(text, "\n");
}

static void append_end(struct text *text)
{
    const struct hash hash = hash_bytes((struct hash){{0}}, text->data, text->length);
    text_append(text, "end ");
    append_hash(text, hash);
    text_append(text, "\n");
}

// Where the choices end: at the last line, which must be that of a file that is whole.
static char *find_end(char *bytes, size_t size)
{
    struct text expected;
    char *last = bytes + size;
    while (last > bytes && (last == bytes + size || last[-1] != '\n'))
        last--;
    text_init(&expected);
    text_append_bytes(&expected, bytes, (size_t)(last - bytes));
    append_end(&expected);
    const bool is_whole =
        !expected.failed && expected.length == size && memcmp(expected.data, bytes, size) == 0;
    text_deinit(&expected);
    return is_whole ? last : NULL;
}

static void read_choices(struct tuning *tuning, char *line, const char *end)
{
    while (line < end && tuning->count < TUNING_MAX_CHOICES) {
        char *tab = strchr(line, '\t'), *next = strchr(line, '\n');
        if (!tab || !next || tab > next || next >= end)
            return;
        *tab = *next = '\0';
        if (tuning_set(tuning, line, tab + 1) != VKTL_OK)
            return;
        line = next + 1;
    }
}

void tuning_file_read(const struct tuning_file *file, const char *path, struct tuning *tuning)
{
    struct text head;
    unsigned char *bytes = NULL;
    size_t size = 0;
    if (!path || !file_exists(path) ||
        file_read_all(NULL, path, MAX_FILE_SIZE, &bytes, &size) != VKTL_OK)
        return;
    text_init(&head);
    append_head(&head, file);
    char *text = (char *)bytes;
    const char *end = find_end(text, size);
    if (end && !head.failed && head.length <= size && memcmp(head.data, text, head.length) == 0)
        read_choices(tuning, text + head.length, end);
    text_deinit(&head);
    free(bytes);
}

void tuning_file_write(const struct tuning_file *file, const char *path,
                       const struct tuning *tuning)
{
    struct text text;
    if (!path)
        return;
    text_init(&text);
    append_head(&text, file);
    for (uint32_t i = 0; i < tuning->count; i++)
        text_format(&text, "%s\t%s\n", tuning->choices[i].key, tuning->choices[i].value);
    append_end(&text);
    if (!text.failed)
        file_write_all(NULL, path, text.data, text.length);
    text_deinit(&text);
}
