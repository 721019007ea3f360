// Responsible for choices by key, and for those of a device. Nothing is measured here.
#include "gpu/tuning.h"
#include "gpu/device.h"
#include "gpu/verdicts.h"

#include <stdlib.h>
#include <string.h>

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

void tuning_remove(struct tuning *tuning, uint32_t index)
{
    vktl_assert(index < tuning->count);
    free(tuning->choices[index].key);
    free(tuning->choices[index].value);
    tuning->count--;
    memmove(&tuning->choices[index], &tuning->choices[index + 1],
            (tuning->count - index) * sizeof *tuning->choices);
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

// ---- A device's --------------------------------------------------------------------------------

static struct tuning_file file_of(const struct vktl_device_info *info)
{
    const uint64_t numbers[] = {info->vendor_id,         info->device_id,  info->driver_version,
                                info->api_version,       info->form,       info->gpu_kernels,
                                info->matrices_emulated, gpu_shader_hash()};
    struct hash hash = hash_text(hash_text((struct hash){{0}}, info->name), info->driver);
    hash = hash_bytes(hash, info->pipeline_cache_uuid, sizeof info->pipeline_cache_uuid);
    return (struct tuning_file){"tuning", info, hash_bytes(hash, numbers, sizeof numbers)};
}

void tuning_forget_barred(struct vktl_device *device)
{
    struct tuning *tuning = &device->tuning;
    for (uint32_t i = tuning->count; i-- > 0;)
        if (gpu_bars_choice(&device->info, tuning->choices[i].key, tuning->choices[i].value))
            tuning_remove(tuning, i);
}

void tuning_open(struct vktl_device *device, const struct vktl_tuning_params *params)
{
    device->tuning_params = *params;
    if (params->mode == VKTL_TUNING_OFF)
        return;
    const struct tuning_file file = file_of(&device->info);
    device->tuning_path = tuning_file_path(&file, device->cache_folder);
    tuning_file_read(&file, device->tuning_path, &device->tuning);
    tuning_forget_barred(device);
}

void tuning_close(struct vktl_device *device)
{
    tuning_deinit(&device->tuning);
    free(device->tuning_path);
    device->tuning_path = NULL;
}

struct tuning *gpu_tuning(struct vktl_device *device)
{
    return &device->tuning;
}

void gpu_tuning_write(struct vktl_device *device)
{
    const struct tuning_file file = file_of(&device->info);
    tuning_file_write(&file, device->tuning_path, &device->tuning);
}

const struct vktl_tuning_params *gpu_tuning_params(const struct vktl_device *device)
{
    return &device->tuning_params;
}
