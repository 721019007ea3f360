// Responsible for verdicts on a device's kernels: their file, what of them is barred, and which
// kind of kernels is left to compute with. Nothing is compared here.
#include "gpu/verdicts.h"
#include "gpu/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { KEY_SIZE = 96, MOST_KINDS = 4 };

// ---- Kinds of kernels --------------------------------------------------------------------------

static bool has_cpu_kernels(const struct vktl_device_info *info)
{
    return info->type == VKTL_DEVICE_CPU && !info->gpu_kernels;
}

#define NAMES(rest)                                                                                \
    {                                                                                              \
        {"storage, for GPUs" rest, "storage, for CPU drivers" rest},                               \
            {"address, for GPUs" rest, "address, for CPU drivers" rest},                           \
    }

const char *gpu_kernels_name(const struct vktl_device_info *info)
{
    static const char *const names[2][2][2][2] = {
        {NAMES(""), NAMES(", matrices emulated")},
        {NAMES(", strict"), NAMES(", strict, matrices emulated")},
    };
    return names[info->strict][info->matrices_emulated][info->form == VKTL_FORM_ADDRESS]
                [has_cpu_kernels(info)];
}

// The i-th kind that may be taken, the preferred one being 0: the other form first, then, on CPU
// drivers, the kernels for GPUs. False: there is none of that number.
static bool set_kind(const struct verdict_scope *scope, uint32_t i, struct vktl_device_info *info)
{
    const bool other_form = i & 1, other_kernels = i & 2;
    const enum vktl_form other =
        scope->form == VKTL_FORM_STORAGE ? VKTL_FORM_ADDRESS : VKTL_FORM_STORAGE;
    if ((other_form && !(scope->any_form && info->has_addresses)) ||
        (other_kernels && !scope->any_kernels))
        return false;
    info->form = other_form ? other : scope->form;
    info->gpu_kernels = scope->gpu_kernels || other_kernels;
    return true;
}

// ---- Verdicts by key: "KIND" and "KIND: OP DIRECTION ALGORITHM"
// -----------------------------------

static const char *const verdict_words[] = {
    [VERDICT_NONE] = "none",
    [VERDICT_FORWARD] = "forward",
    [VERDICT_ALL] = "all",
    [VERDICT_FAILED] = "failed",
};

static const char *find(const struct tuning *verdicts, const struct vktl_device_info *info)
{
    const char *found = tuning_find(verdicts, gpu_kernels_name(info));
    return found ? found : verdict_words[VERDICT_NONE];
}

static enum gpu_verdict verdict_in(const struct tuning *verdicts,
                                   const struct vktl_device_info *info)
{
    const char *found = find(verdicts, info);
    for (int i = VERDICT_FORWARD; i <= VERDICT_FAILED; i++)
        if (strncmp(found, verdict_words[i], strlen(verdict_words[i])) == 0)
            return i;
    return VERDICT_NONE;
}

// What follows the kind in a key of a bar; NULL: it is no bar of these kernels.
static const char *barred_in(const char *key, const struct vktl_device_info *info)
{
    const char *kind = gpu_kernels_name(info);
    const size_t length = strlen(kind);
    return strncmp(key, kind, length) == 0 && key[length] == ':' ? key + length + 2 : NULL;
}

// Those with algorithms alone: nothing takes the place of another.
static void list_barred(const struct tuning *verdicts, struct vktl_device_info *info)
{
    info->barred_count = 0;
    for (uint32_t i = 0; i < verdicts->count && info->barred_count < VKTL_MAX_BARRED; i++) {
        struct vktl_barred *barred = &info->barred[info->barred_count];
        const char *words = barred_in(verdicts->choices[i].key, info);
        info->barred_count += words && sscanf(words, "%31s %7s %15s", barred->op, barred->direction,
                                              barred->algorithm) == 3;
    }
}

static void apply(const struct tuning *verdicts, const struct verdict_scope *scope,
                  struct vktl_device_info *info)
{
    uint32_t i = 0;
    if (scope->ignored)
        return;
    while (i < MOST_KINDS &&
           !(set_kind(scope, i, info) && verdict_in(verdicts, info) != VERDICT_FAILED))
        i++;
    if (i == MOST_KINDS)
        set_kind(scope, 0, info);
    list_barred(verdicts, info);
}

// ---- What is barred ----------------------------------------------------------------------------

bool gpu_bars(const struct vktl_device_info *info, const char *op, const char *direction,
              const char *algorithm)
{
    for (uint32_t i = 0; info && i < info->barred_count; i++)
        if (strcmp(info->barred[i].op, op) == 0 &&
            strcmp(info->barred[i].direction, direction) == 0 &&
            strcmp(info->barred[i].algorithm, algorithm) == 0)
            return true;
    return false;
}

bool gpu_bars_choice(const struct vktl_device_info *info, const char *key, const char *algorithm)
{
    char op[32], direction[8];
    return sscanf(key, "%31s %7s", op, direction) == 2 && gpu_bars(info, op, direction, algorithm);
}

static void heed(struct vktl_device *device)
{
    if (device->verdict_scope.ignored)
        return;
    list_barred(&device->verdicts, &device->info);
    tuning_forget_barred(device);
}

static void make_key(const struct vktl_device *device, const char *op, const char *direction,
                     const char *algorithm, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "%s: %s %s%s%s", gpu_kernels_name(&device->info), op, direction,
             *algorithm ? " " : "", algorithm);
}

bool gpu_is_barred(const struct vktl_device *device, const char *op, const char *direction,
                   const char *algorithm)
{
    char key[KEY_SIZE];
    make_key(device, op, direction, algorithm, key);
    return tuning_find(&device->verdicts, key) != NULL;
}

vktl_status gpu_bar(struct vktl_device *device, const char *op, const char *direction,
                    const char *algorithm, const char *reason)
{
    char key[KEY_SIZE];
    make_key(device, op, direction, algorithm, key);
    const vktl_status status = tuning_set(&device->verdicts, key, reason);
    heed(device);
    return status;
}

void gpu_lift_bars(struct vktl_device *device, const char *op)
{
    struct tuning *verdicts = &device->verdicts;
    const size_t length = strlen(op);
    for (uint32_t i = verdicts->count; i-- > 0;) {
        const char *words = barred_in(verdicts->choices[i].key, &device->info);
        if (words && strncmp(words, op, length) == 0 && words[length] == ' ')
            tuning_remove(verdicts, i);
    }
    heed(device);
}

// ---- The verdict on all ------------------------------------------------------------------------

enum gpu_verdict gpu_verdict(const struct vktl_device *device)
{
    return verdict_in(&device->verdicts, &device->info);
}

const char *gpu_verdict_reason(const struct vktl_device *device)
{
    const char *space = strchr(find(&device->verdicts, &device->info), ' ');
    return space ? space + 1 : "";
}

vktl_status gpu_set_verdict(struct vktl_device *device, enum gpu_verdict verdict,
                            const char *reason)
{
    struct text text;
    text_init(&text);
    text_format(&text, "%s%s%s", verdict_words[verdict], *reason ? " " : "", reason);
    vktl_status status = text_status(NULL, &text);
    if (status == VKTL_OK)
        status = tuning_set(&device->verdicts, gpu_kernels_name(&device->info), text.data);
    text_deinit(&text);
    return status;
}

bool gpu_take_other_kernels(struct vktl_device *device)
{
    struct vktl_device_info *info = &device->info, other = *info;
    const struct vktl_tuning_params params = device->tuning_params;
    apply(&device->verdicts, &device->verdict_scope, &other);
    if (verdict_in(&device->verdicts, &other) == VERDICT_FAILED)
        return false;
    *info = other;
    tuning_close(device);
    tuning_open(device, &params);
    return true;
}

// ---- The file ----------------------------------------------------------------------------------

// Whatever kind of kernels it is about to take.
static struct tuning_file file_of(const struct vktl_device_info *info)
{
    const uint64_t numbers[] = {
        info->vendor_id,       info->device_id,      info->driver_version,
        info->api_version,     info->subgroup_size,  info->max_invocations,
        info->max_shared_size, info->has_addresses,  info->has_subgroup_shuffle,
        info->matrix_rows,     info->matrix_columns, info->matrix_depth,
        gpu_shader_hash()};
    struct hash hash = hash_text(hash_text((struct hash){{0}}, info->name), info->driver);
    hash = hash_bytes(hash, info->pipeline_cache_uuid, sizeof info->pipeline_cache_uuid);
    return (struct tuning_file){"verdicts", info, hash_bytes(hash, numbers, sizeof numbers)};
}

void verdicts_open(struct vktl_device *device, const struct vktl_device_params *params)
{
    struct vktl_device_info *info = &device->info;
    device->verdict_scope = (struct verdict_scope){
        .form = info->form,
        .any_form = params->form == VKTL_FORM_AUTO,
        .gpu_kernels = params->gpu_kernels,
        .any_kernels = has_cpu_kernels(info),
        .ignored = params->ignore_verdicts,
    };
    const struct tuning_file file = file_of(info);
    device->verdicts_path = tuning_file_path(&file, device->cache_folder);
    tuning_file_read(&file, device->verdicts_path, &device->verdicts);
    apply(&device->verdicts, &device->verdict_scope, info);
}

void verdicts_close(struct vktl_device *device)
{
    tuning_deinit(&device->verdicts);
    free(device->verdicts_path);
}

void verdicts_describe(struct vktl_device_info *info)
{
    struct tuning verdicts = {0};
    const struct verdict_scope scope = {
        .form = info->form, .any_form = true, .any_kernels = has_cpu_kernels(info)};
    const struct tuning_file file = file_of(info);
    char *path = tuning_file_path(&file, NULL);
    tuning_file_read(&file, path, &verdicts);
    apply(&verdicts, &scope, info);
    tuning_deinit(&verdicts);
    free(path);
}

void gpu_verdicts_write(struct vktl_device *device)
{
    const struct tuning_file file = file_of(&device->info);
    tuning_file_write(&file, device->verdicts_path, &device->verdicts);
}
