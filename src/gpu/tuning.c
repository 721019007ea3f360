// Responsible for choices by key, and for the file that keeps those of a device. Nothing is
// measured here.
#include "gpu/tuning.h"
#include "gpu/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

enum { MAX_FILE_SIZE = 16 << 20, MAX_CHOICES = 1 << 16 };

// ---- Choices -----------------------------------------------------------------------------------

static struct tuning_choice *find(const struct tuning *tuning, const char *key)
{
    for (uint32_t i = 0; i < tuning->count; i++)
        if (strcmp(tuning->choices[i].key, key) == 0)
            return &tuning->choices[i];
    return NULL;
}

const char *tuning_find(const struct tuning *tuning, const char *key)
{
    const struct tuning_choice *choice = find(tuning, key);
    return choice ? choice->value : NULL;
}

static char *copy(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *made = malloc(size);
    return made ? memcpy(made, text, size) : NULL;
}

static vktl_status reserve(struct tuning *tuning)
{
    if (tuning->count < tuning->capacity)
        return VKTL_OK;
    const uint32_t capacity = tuning->capacity ? 2 * tuning->capacity : 64;
    struct tuning_choice *grown = realloc(tuning->choices, capacity * sizeof *grown);
    if (!grown)
        return VKTL_NO_MEMORY;
    tuning->choices = grown;
    tuning->capacity = capacity;
    return VKTL_OK;
}

vktl_status tuning_set(struct tuning *tuning, const char *key, const char *value)
{
    struct tuning_choice *found = find(tuning, key);
    struct tuning_choice made = {found ? NULL : copy(key), copy(value)};
    if (!made.value || (!found && (!made.key || reserve(tuning) != VKTL_OK))) {
        free(made.key);
        free(made.value);
        return VKTL_NO_MEMORY;
    }
    if (found) {
        free(found->value);
        found->value = made.value;
    } else {
        tuning->choices[tuning->count++] = made;
    }
    return VKTL_OK;
}

void tuning_deinit(struct tuning *tuning)
{
    for (uint32_t i = 0; i < tuning->count; i++) {
        free(tuning->choices[i].key);
        free(tuning->choices[i].value);
    }
    free(tuning->choices);
    *tuning = (struct tuning){0};
}

// ---- The file: whose it is, a line a choice, and a fingerprint of all before it -----------------

static struct hash hash_identity(const struct vktl_device_info *info)
{
    const uint64_t numbers[] = {info->vendor_id,         info->device_id,  info->driver_version,
                                info->api_version,       info->form,       info->gpu_kernels,
                                info->matrices_emulated, gpu_shader_hash()};
    struct hash hash = hash_text(hash_text((struct hash){{0}}, info->name), info->driver);
    hash = hash_bytes(hash, info->pipeline_cache_uuid, sizeof info->pipeline_cache_uuid);
    return hash_bytes(hash, numbers, sizeof numbers);
}

static void append_hash(struct text *text, struct hash hash)
{
    text_format(text, "%016llx%016llx", (unsigned long long)hash.half[0],
                (unsigned long long)hash.half[1]);
}

static char *tuning_path(const struct vktl_device_info *info, const char *folder)
{
    struct text name;
    char *path = NULL;
    text_init(&name);
    text_append(&name, "tuning-");
    append_hash(&name, hash_identity(info));
    text_append(&name, ".txt");
    if (!name.failed)
        path = cache_path(folder, name.data);
    text_deinit(&name);
    return path;
}

static void append_head(struct text *text, const struct vktl_device_info *info)
{
    text_format(text, "vktl tuning 1\n%s\n%s\n", info->name, info->driver);
    append_hash(text, hash_identity(info));
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
    while (line < end && tuning->count < MAX_CHOICES) {
        char *tab = strchr(line, '\t'), *next = strchr(line, '\n');
        if (!tab || !next || tab > next || next >= end)
            return;
        *tab = *next = '\0';
        if (tuning_set(tuning, line, tab + 1) != VKTL_OK)
            return;
        line = next + 1;
    }
}

static void read_file(struct vktl_device *device)
{
    struct text head;
    unsigned char *bytes = NULL;
    size_t size = 0;
    if (!device->tuning_path || !file_exists(device->tuning_path) ||
        file_read_all(NULL, device->tuning_path, MAX_FILE_SIZE, &bytes, &size) != VKTL_OK)
        return;
    text_init(&head);
    append_head(&head, &device->info);
    char *text = (char *)bytes;
    const char *end = find_end(text, size);
    if (end && !head.failed && head.length <= size && memcmp(head.data, text, head.length) == 0)
        read_choices(&device->tuning, text + head.length, end);
    text_deinit(&head);
    free(bytes);
}

void gpu_tuning_write(struct vktl_device *device)
{
    struct text text;
    if (!device->tuning_path)
        return;
    text_init(&text);
    append_head(&text, &device->info);
    for (uint32_t i = 0; i < device->tuning.count; i++)
        text_format(&text, "%s\t%s\n", device->tuning.choices[i].key,
                    device->tuning.choices[i].value);
    append_end(&text);
    if (!text.failed)
        file_write_all(NULL, device->tuning_path, text.data, text.length);
    text_deinit(&text);
}

// ---- A device's --------------------------------------------------------------------------------

void tuning_open(struct vktl_device *device, const struct vktl_device_params *params)
{
    device->tuning_params = params->tuning;
    if (params->tuning.mode == VKTL_TUNING_OFF)
        return;
    device->tuning_path = tuning_path(&device->info, params->cache_folder);
    read_file(device);
}

void tuning_close(struct vktl_device *device)
{
    tuning_deinit(&device->tuning);
    free(device->tuning_path);
}

struct tuning *gpu_tuning(struct vktl_device *device)
{
    return &device->tuning;
}

const struct vktl_tuning_params *gpu_tuning_params(const struct vktl_device *device)
{
    return &device->tuning_params;
}
