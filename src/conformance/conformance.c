// Responsible for devices and their rows in memory, and for reports as files. What stands in a
// report, and how it looks, is in the other files.
#include "conformance/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "view/label.h"

#define TEXT(name)                                                                                 \
    {                                                                                              \
#name, offsetof(struct device, name)                                                       \
    }
const struct device_text device_texts[] = {TEXT(name), TEXT(driver), TEXT(vendor),
                                           TEXT(type), TEXT(vulkan), {NULL, 0}};
const struct device_text device_numbers[] = {TEXT(subgroup_size),       TEXT(max_invocations),
                                             TEXT(max_shared_size),     TEXT(max_storage_range),
                                             TEXT(max_allocation_size), TEXT(memory_size),
                                             TEXT(matrix_rows),         TEXT(matrix_columns),
                                             TEXT(matrix_depth),        {NULL, 0}};

vktl_status vktl_conformance_create(const struct vktl_log *log,
                                    struct vktl_conformance **conformance)
{
    *conformance = calloc(1, sizeof **conformance);
    return *conformance ? VKTL_OK : log_fail(log, VKTL_NO_MEMORY, "out of host memory");
}

void vktl_conformance_destroy(struct vktl_conformance **conformance)
{
    if (!*conformance)
        return;
    conformance_cut(*conformance, 0);
    free((*conformance)->devices);
    arena_deinit(&(*conformance)->texts);
    free(*conformance);
    *conformance = NULL;
}

void conformance_cut(struct vktl_conformance *conformance, uint32_t count)
{
    for (; conformance->device_count > count; conformance->device_count--)
        free(conformance->devices[conformance->device_count - 1].rows);
}

// ---- Adding ------------------------------------------------------------------------------------

static vktl_status keep_text(const struct vktl_log *log, struct vktl_conformance *conformance,
                             const char **text)
{
    struct label label;
    label_clean(*text, &label);
    *text = arena_copy_text(&conformance->texts, label.text);
    return *text ? VKTL_OK : log_fail(log, VKTL_NO_MEMORY, "out of host memory");
}

vktl_status conformance_begin(const struct vktl_log *log, struct vktl_conformance *conformance,
                              const struct device *device)
{
    vktl_status status;
    const uint32_t count = conformance->device_count;
    struct device *devices = realloc(conformance->devices, (count + 1) * sizeof *devices);
    TRY_ALLOC(log, devices);
    conformance->devices = devices;
    devices[count] = *device;
    devices[count].rows = NULL;
    devices[count].row_count = devices[count].row_capacity = 0;
    for (const struct device_text *text = device_texts; text->name; text++) {
        const char **place = (const char **)(void *)((char *)&devices[count] + text->offset);
        TRY(keep_text(log, conformance, place));
    }
    conformance->device_count++;
fail:
    return status;
}

vktl_status conformance_add(const struct vktl_log *log, struct vktl_conformance *conformance,
                            const struct vktl_selftest_row *row)
{
    vktl_status status;
    vktl_assert(conformance->device_count > 0);
    struct device *device = &conformance->devices[conformance->device_count - 1];
    if (device->row_count == device->row_capacity) {
        const uint32_t grown = device->row_capacity ? 2 * device->row_capacity : 256;
        struct vktl_selftest_row *rows = realloc(device->rows, grown * sizeof *rows);
        TRY_ALLOC(log, rows);
        device->rows = rows;
        device->row_capacity = grown;
    }
    struct vktl_selftest_row kept = *row;
    const char **texts[] = {&kept.op,   &kept.direction, &kept.algorithm,
                            &kept.form, &kept.precision, &kept.kernels,
                            &kept.name, &kept.bits,      &kept.detail};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(keep_text(log, conformance, texts[i]));
    device->rows[device->row_count++] = kept;
fail:
    return status;
}

vktl_status vktl_conformance_add_device(const struct vktl_log *log,
                                        struct vktl_conformance *conformance,
                                        const struct vktl_device_info *info)
{
    static const char *const types[] = {
        [VKTL_DEVICE_DISCRETE] = "discrete", [VKTL_DEVICE_INTEGRATED] = "integrated",
        [VKTL_DEVICE_VIRTUAL] = "virtual",   [VKTL_DEVICE_CPU] = "cpu",
        [VKTL_DEVICE_OTHER] = "other",
    };
    char vulkan[32]; // packed: 3 bits of variant, 7 of major, 10 of minor, 12 of patch
    snprintf(vulkan, sizeof vulkan, "%u.%u.%u", info->api_version >> 22 & 0x7f,
             info->api_version >> 12 & 0x3ff, info->api_version & 0xfff);
    return conformance_begin(log, conformance,
                             &(struct device){
                                 .name = info->name,
                                 .driver = info->driver,
                                 .vendor = info->vendor,
                                 .type = types[info->type],
                                 .vulkan = vulkan,
                                 .subgroup_size = info->subgroup_size,
                                 .max_invocations = info->max_invocations,
                                 .max_shared_size = info->max_shared_size,
                                 .max_storage_range = (double)info->max_storage_range,
                                 .max_allocation_size = (double)info->max_allocation_size,
                                 .memory_size = (double)info->memory_size,
                                 .matrix_rows = info->matrix_rows,
                                 .matrix_columns = info->matrix_columns,
                                 .matrix_depth = info->matrix_depth,
                                 .has_addresses = info->has_addresses,
                             });
}

vktl_status vktl_conformance_add_row(const struct vktl_log *log,
                                     struct vktl_conformance *conformance,
                                     const struct vktl_selftest_row *row)
{
    return conformance_add(log, conformance, row);
}

// ---- Counts ------------------------------------------------------------------------------------

uint32_t vktl_conformance_device_count(const struct vktl_conformance *conformance)
{
    return conformance->device_count;
}

void vktl_conformance_counts(const struct vktl_conformance *conformance,
                             struct vktl_selftest_counts *counts)
{
    *counts = (struct vktl_selftest_counts){0};
    for (uint32_t i = 0; i < conformance->device_count; i++) {
        const struct device *device = &conformance->devices[i];
        counts->rows += device->row_count;
        for (uint32_t j = 0; j < device->row_count; j++)
            counts->failed += !device->rows[j].pass;
    }
}

// ---- Reports -----------------------------------------------------------------------------------

bool vktl_conformance_format_of(const char *path, enum vktl_conformance_format *format)
{
    static const struct {
        const char *extension;
        enum vktl_conformance_format format;
    } known[] = {{"html", VKTL_CONFORMANCE_HTML},
                 {"htm", VKTL_CONFORMANCE_HTML},
                 {"md", VKTL_CONFORMANCE_MARKDOWN},
                 {"json", VKTL_CONFORMANCE_JSON},
                 {"txt", VKTL_CONFORMANCE_TEXT}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(path_extension(path), known[i].extension) != 0)
            continue;
        *format = known[i].format;
        return true;
    }
    return false;
}

static vktl_status write_tables(const struct vktl_log *log,
                                const struct vktl_conformance *conformance,
                                enum vktl_conformance_format format, struct text *text)
{
    struct comparison comparison;
    struct tables tables = {.conformance = conformance, .comparison = &comparison};
    vktl_status status;
    TRY(comparison_init(log, conformance, &comparison));
    if (format == VKTL_CONFORMANCE_TEXT)
        conformance_text(&tables, text);
    else if (format == VKTL_CONFORMANCE_MARKDOWN)
        conformance_markdown(&tables, text);
    else
        TRY(conformance_html(log, &tables, text));
    text->failed |= tables.failed;
fail:
    arena_deinit(&tables.arena);
    comparison_deinit(&comparison);
    return status;
}

vktl_status vktl_conformance_text(const struct vktl_log *log,
                                  const struct vktl_conformance *conformance,
                                  enum vktl_conformance_format format, char **text)
{
    vktl_status status;
    struct text written;
    text_init(&written);
    *text = NULL;
    if (format == VKTL_CONFORMANCE_JSON)
        TRY(conformance_json(log, conformance, &written));
    else
        TRY(write_tables(log, conformance, format, &written));
    TRY(text_status(log, &written));
    *text = written.data;
    return VKTL_OK;
fail:
    text_deinit(&written);
    return status;
}

vktl_status vktl_conformance_save(const struct vktl_log *log,
                                  const struct vktl_conformance *conformance, const char *path)
{
    vktl_status status;
    char *text = NULL;
    enum vktl_conformance_format format;
    if (!vktl_conformance_format_of(path, &format))
        FAIL(log, VKTL_USAGE, "%s: a report's name ends in .html, .md, .json or .txt", path);
    TRY(vktl_conformance_text(log, conformance, format, &text));
    TRY(file_write_all(log, path, text, strlen(text)));
fail:
    free(text);
    return status;
}
