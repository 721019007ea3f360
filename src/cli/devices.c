// Responsible for `vktl devices`: what the library knows of each device, as text and JSON.
#include <vktl/device.h>

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"

static const struct option options[] = {ROW_JSON, ROW_QUIET, ROW_HELP, {NULL}};

static const char examples[] = "  vktl devices\n"
                               "  vktl train --device 1 ...        # by its number\n"
                               "  VKTL_DEVICE=radeon vktl train ... # by a part of its name\n";

static const char *type_name(enum vktl_device_type type)
{
    static const char *const names[] = {
        [VKTL_DEVICE_DISCRETE] = "discrete", [VKTL_DEVICE_INTEGRATED] = "integrated",
        [VKTL_DEVICE_VIRTUAL] = "virtual",   [VKTL_DEVICE_CPU] = "cpu",
        [VKTL_DEVICE_OTHER] = "other",
    };
    return names[type];
}

static const char *form_name(enum vktl_form form)
{
    return form == VKTL_FORM_ADDRESS ? "address" : "storage";
}

enum { SIZE_TEXT_SIZE = 32 };

// 1.5 GiB, 128 MiB, 32 KiB
static const char *size_text(uint64_t size, char text[SIZE_TEXT_SIZE])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double number = (double)size;
    size_t unit = 0;
    for (; number >= 1024 && unit < 4; unit++)
        number /= 1024;
    snprintf(text, SIZE_TEXT_SIZE, "%.*f %s", number < 10 && number != floor(number), number,
             units[unit]);
    return text;
}

// Vulkan packs versions as 3 bits of variant, 7 of major, 10 of minor, 12 of patch.
static const char *version_text(uint32_t version, char text[SIZE_TEXT_SIZE])
{
    snprintf(text, SIZE_TEXT_SIZE, "%u.%u.%u", version >> 22 & 0x7f, version >> 12 & 0x3ff,
             version & 0xfff);
    return text;
}

// ---- Text

static void append_label(struct text *text, const char *label)
{
    text_format(text, "   %-11s", label);
}

static void append_matrices(struct text *text, const struct vktl_device_info *info)
{
    append_label(text, "matrices");
    if (info->matrix_rows)
        text_format(text, "%u x %u x %u, halves summed as floats: --precision mixed\n",
                    info->matrix_rows, info->matrix_columns, info->matrix_depth);
    else
        text_append(text, info->has_matrices ? "none that vktl can use\n" : "none\n");
}

static void append_limits(struct text *text, const struct vktl_device_info *info)
{
    char a[SIZE_TEXT_SIZE], b[SIZE_TEXT_SIZE];
    append_label(text, "memory");
    if (info->memory_available < info->memory_size)
        text_format(text, "%s free of ", size_text(info->memory_available, a));
    text_format(text, "%s; at most %s an allocation\n", size_text(info->memory_size, a),
                size_text(info->max_allocation_size, b));
    append_label(text, "workgroup");
    text_format(text, "%u invocations in subgroups of %u, %s shared\n", info->max_invocations,
                info->subgroup_size, size_text(info->max_shared_size, a));
    append_label(text, "buffers");
    text_format(text, "%s; at most %s a storage binding\n",
                info->has_addresses ? "addresses" : "no addresses",
                size_text(info->max_storage_range, a));
    append_matrices(text, info);
}

// What was found wrong here, and is not taken.
static void append_barred(struct text *text, const struct vktl_device_info *info)
{
    for (uint32_t i = 0; i < info->barred_count; i++) {
        append_label(text, i ? "" : "barred");
        text_format(text, "%s %s by %s\n", info->barred[i].op, info->barred[i].direction,
                    info->barred[i].algorithm);
    }
}

static void append_device(struct text *text, const struct vktl_device_info *info, bool is_auto)
{
    char version[SIZE_TEXT_SIZE];
    text_format(text, "%u  ", info->index);
    options_wrap(text, info->name, 3, 3);
    append_label(text, "type");
    text_format(text, "%s, by %s\n", type_name(info->type), info->vendor);
    append_label(text, "driver");
    options_wrap(text, info->driver, 14, 14);
    append_label(text, "Vulkan");
    text_format(text, "%s\n", version_text(info->api_version, version));
    append_limits(text, info);
    append_label(text, "vktl");
    if (!info->usable) {
        text_append(text, "cannot use it: ");
        options_wrap(text, info->unusable_because, 29, 14);
        return;
    }
    text_format(text, "%s form, kernels for %s%s\n", form_name(info->form),
                info->gpu_kernels || info->type != VKTL_DEVICE_CPU ? "GPUs" : "CPU drivers",
                is_auto ? "; --device auto takes this one" : "");
    append_barred(text, info);
}

static vktl_status write_text(struct console *console, const struct vktl_device_info *infos,
                              uint32_t count)
{
    vktl_status status;
    struct text text;
    bool has_auto = false;
    text_init(&text);
    for (uint32_t i = 0; i < count; i++) {
        append_device(&text, &infos[i], infos[i].usable && !has_auto);
        has_auto |= infos[i].usable;
    }
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

// ---- JSON

static void add_barred(struct json *json, cJSON *item, const struct vktl_device_info *info)
{
    cJSON *list = json_add_array(json, item, "barred");
    for (uint32_t i = 0; i < info->barred_count; i++) {
        cJSON *barred = json_add_object(json, list, NULL);
        json_add_text(json, barred, "op", info->barred[i].op);
        json_add_text(json, barred, "direction", info->barred[i].direction);
        json_add_text(json, barred, "algorithm", info->barred[i].algorithm);
    }
}

static void add_device(struct json *json, const struct vktl_device_info *info)
{
    char version[SIZE_TEXT_SIZE];
    cJSON *item = json_add_object(json, json->root, NULL);
    json_add_number(json, item, "index", info->index);
    json_add_text(json, item, "name", info->name);
    json_add_text(json, item, "vendor", info->vendor);
    json_add_text(json, item, "driver", info->driver);
    json_add_text(json, item, "type", type_name(info->type));
    json_add_text(json, item, "vulkan", version_text(info->api_version, version));
    json_add_bool(json, item, "usable", info->usable);
    if (!info->usable)
        json_add_text(json, item, "unusable_because", info->unusable_because);
    cJSON *limits = json_add_object(json, item, "limits");
    json_add_number(json, limits, "memory_bytes", (double)info->memory_size);
    json_add_number(json, limits, "memory_available_bytes", (double)info->memory_available);
    json_add_number(json, limits, "max_allocation_bytes", (double)info->max_allocation_size);
    json_add_number(json, limits, "max_buffer_bytes", (double)info->max_buffer_size);
    json_add_number(json, limits, "max_storage_range_bytes", (double)info->max_storage_range);
    json_add_number(json, limits, "max_shared_bytes", info->max_shared_size);
    json_add_number(json, limits, "max_invocations", info->max_invocations);
    json_add_number(json, limits, "subgroup_size", info->subgroup_size);
    json_add_number(json, limits, "timestamp_period_ns", info->timestamp_period_ns);
    cJSON *features = json_add_object(json, item, "features");
    json_add_bool(json, features, "buffer_device_address", info->has_addresses);
    json_add_bool(json, features, "subgroup_shuffle", info->has_subgroup_shuffle);
    json_add_bool(json, features, "timestamps", info->timestamp_period_ns > 0);
    json_add_bool(json, features, "cooperative_matrix", info->has_matrices);
    json_add_bool(json, features, "mixed_precision", info->matrix_rows > 0);
    json_add_text(json, item, "form", form_name(info->form));
    add_barred(json, item, info);
}

static vktl_status write_json(struct console *console, const struct vktl_device_info *infos,
                              uint32_t count)
{
    struct json json;
    json_init_array(&json);
    for (uint32_t i = 0; i < count; i++)
        add_device(&json, &infos[i]);
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct common_options *chosen = values;
    struct vktl_device_info *infos = NULL;
    uint32_t info_count = 0;
    (void)positionals, (void)count;
    TRY(vktl_device_list(&console->log, &infos, &info_count));
    TRY(chosen->json ? write_json(console, infos, info_count)
                     : write_text(console, infos, info_count));
fail:
    vktl_device_list_free(&infos);
    return status;
}

const struct command command_devices = {
    .name = "devices",
    .job = "Vulkan devices, their limits, and what vktl uses on each",
    .positionals = "",
    .options = options,
    .values_size = sizeof(struct common_options),
    .examples = examples,
    .run = run,
};
