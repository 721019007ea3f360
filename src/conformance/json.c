// Responsible for reports as JSON: the keys of the contract, and the way back from files that
// strangers made. Reading trusts nothing: sizes, counts, ranges and words are checked, and that a
// row which passes is within its tolerance.
#include "conformance/parts.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"

enum {
    MAX_FILE_SIZE = 32 << 20,
    MAX_DEVICES = 64, // in a report, merged ones included
    MAX_ROWS = 50000, // of a device
    MAX_ALL_ROWS = 200000,
    MAX_TEXT = 500, // bytes; what a label holds
};

static const double max_error = 1e30, max_number = 1e18;

// ---- Writing -----------------------------------------------------------------------------------

static void add_text(struct text *text, const char *name, const char *value)
{
    text_append_json(text, name);
    text_append(text, ": ");
    text_append_json(text, value);
}

static void add_number(struct text *text, const char *name, double value)
{
    text_append_json(text, name);
    text_format(text, ": %.9g", value);
}

static void add_row(struct text *text, const struct vktl_selftest_row *row)
{
    const struct {
        const char *name, *value;
        bool always;
    } texts[] = {{"op", row->op, true},         {"direction", row->direction, true},
                 {"algorithm", row->algorithm}, {"case", row->name, true},
                 {"precision", row->precision}, {"form", row->form},
                 {"kernels", row->kernels},     {"bits", row->bits},
                 {"detail", row->detail}};
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"worst", row->worst},
                   {"tolerance", row->tolerance},
                   {"largest", row->largest},
                   {"ulp", row->ulp},
                   {"seconds", row->seconds}};
    text_append(text, "{");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i].always && !*texts[i].value)
            continue;
        text_append(text, i ? ", " : "");
        add_text(text, texts[i].name, texts[i].value);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        text_append(text, ", ");
        add_number(text, numbers[i].name, numbers[i].value);
    }
    text_format(text, ", \"pass\": %s}", row->pass ? "true" : "false");
}

static void add_device(struct text *text, const struct device *device)
{
    text_append(text, "  {\n");
    for (const struct device_text *one = device_texts; one->name; one++) {
        text_append(text, "   ");
        add_text(text, one->name,
                 *(const char *const *)(const void *)((const char *)device + one->offset));
        text_append(text, ",\n");
    }
    text_append(text, "   \"limits\": {");
    for (const struct device_text *one = device_numbers; one->name; one++) {
        double value;
        memcpy(&value, (const char *)device + one->offset, sizeof value);
        text_append_json(text, one->name);
        text_format(text, ": %.0f, ", value);
    }
    text_format(text, "\"has_addresses\": %s},\n   \"cases\": [",
                device->has_addresses ? "true" : "false");
    for (uint32_t i = 0; i < device->row_count; i++) {
        text_append(text, i ? ",\n    " : "\n    ");
        add_row(text, &device->rows[i]);
    }
    text_append(text, "\n   ]\n  }");
}

vktl_status conformance_json(const struct vktl_log *log, const struct vktl_conformance *conformance,
                             struct text *text)
{
    text_format(text, "{\n \"vktl\": \"%s\",\n \"devices\": [", vktl_version());
    for (uint32_t i = 0; i < conformance->device_count; i++) {
        text_append(text, i ? ",\n" : "\n");
        add_device(text, &conformance->devices[i]);
    }
    text_append(text, "\n ]\n}\n");
    return text_status(log, text);
}

// ---- Reading -----------------------------------------------------------------------------------

struct reader {
    const struct vktl_log *log;
    const char *path;
    uint32_t device, row; // being read, from 1; 0: none
};

#define REFUSE(reader, ...)                                                                        \
    do {                                                                                           \
        status = refuse(reader, __VA_ARGS__);                                                      \
        goto fail;                                                                                 \
    } while (0)

static vktl_status refuse(const struct reader *reader, const char *name, const char *expected)
{
    if (!reader->device)
        return log_fail(reader->log, VKTL_INPUT, "%s: no report of `vktl selftest`: \"%s\" %s",
                        reader->path, name, expected);
    if (!reader->row)
        return log_fail(reader->log, VKTL_INPUT, "%s: device %u: \"%s\" %s", reader->path,
                        reader->device, name, expected);
    return log_fail(reader->log, VKTL_INPUT, "%s: device %u, case %u: \"%s\" %s", reader->path,
                    reader->device, reader->row, name, expected);
}

// A member of `item`; "" where it is not needed and missing.
static vktl_status read_text(const struct reader *reader, const cJSON *item, const char *name,
                             bool is_needed, const char **value)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(item, name);
    *value = "";
    if (!member && !is_needed)
        return VKTL_OK;
    if (!cJSON_IsString(member))
        return refuse(reader, name, "is missing, or no text");
    if (strlen(member->valuestring) > MAX_TEXT || (is_needed && !*member->valuestring))
        return refuse(reader, name, "is empty, or longer than 500 bytes");
    *value = member->valuestring;
    return VKTL_OK;
}

static vktl_status read_number(const struct reader *reader, const cJSON *item, const char *name,
                               bool is_needed, double most, double *value)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(item, name);
    *value = 0;
    if (!member && !is_needed)
        return VKTL_OK;
    if (!cJSON_IsNumber(member) || !(member->valuedouble >= 0 && member->valuedouble <= most))
        return refuse(reader, name, "is missing, or no number that it may be");
    *value = member->valuedouble;
    return VKTL_OK;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words || !*word;
}

static bool is_fingerprint(const char *bits)
{
    return !*bits || (strlen(bits) == 32 && strspn(bits, "0123456789abcdef") == 32);
}

static vktl_status read_row(const struct reader *reader, const cJSON *item,
                            struct vktl_selftest_row *row)
{
    static const char *const precisions[] = {"fp32", "mixed", "strict", NULL};
    static const char *const forms[] = {"storage", "address", NULL};
    static const char *const kernels[] = {"gpu", "cpu", NULL};
    vktl_status status;
    *row = (struct vktl_selftest_row){0};
    TRY(read_text(reader, item, "op", true, &row->op));
    TRY(read_text(reader, item, "direction", true, &row->direction));
    TRY(read_text(reader, item, "case", true, &row->name));
    TRY(read_text(reader, item, "algorithm", false, &row->algorithm));
    TRY(read_text(reader, item, "precision", false, &row->precision));
    TRY(read_text(reader, item, "form", false, &row->form));
    TRY(read_text(reader, item, "kernels", false, &row->kernels));
    TRY(read_text(reader, item, "bits", false, &row->bits));
    TRY(read_text(reader, item, "detail", false, &row->detail));
    TRY(read_number(reader, item, "worst", true, max_error, &row->worst));
    TRY(read_number(reader, item, "tolerance", true, max_error, &row->tolerance));
    TRY(read_number(reader, item, "largest", false, max_error, &row->largest));
    TRY(read_number(reader, item, "ulp", false, max_error, &row->ulp));
    TRY(read_number(reader, item, "seconds", false, max_number, &row->seconds));
    const cJSON *pass = cJSON_GetObjectItemCaseSensitive(item, "pass");
    if (!cJSON_IsBool(pass))
        REFUSE(reader, "pass", "is missing, or neither true nor false");
    row->pass = cJSON_IsTrue(pass);
    if (row->pass && row->worst > row->tolerance)
        REFUSE(reader, "pass", "is true, but \"worst\" is above \"tolerance\"");
    if (!is_one_of(row->precision, precisions))
        REFUSE(reader, "precision", "is neither fp32, mixed nor strict");
    if (!is_one_of(row->form, forms))
        REFUSE(reader, "form", "is neither storage nor address");
    if (!is_one_of(row->kernels, kernels))
        REFUSE(reader, "kernels", "is neither gpu nor cpu");
    if (!is_fingerprint(row->bits))
        REFUSE(reader, "bits", "is not of 32 hexadecimal digits");
fail:
    return status;
}

static vktl_status read_facts(const struct reader *reader, const cJSON *item, struct device *device)
{
    vktl_status status;
    const cJSON *limits = cJSON_GetObjectItemCaseSensitive(item, "limits");
    *device = (struct device){0};
    for (const struct device_text *one = device_texts; one->name; one++) {
        const bool is_needed = strcmp(one->name, "name") == 0 || strcmp(one->name, "driver") == 0;
        TRY(read_text(reader, item, one->name, is_needed,
                      (const char **)(void *)((char *)device + one->offset)));
    }
    for (const struct device_text *one = device_numbers; one->name; one++)
        TRY(read_number(reader, limits, one->name, false, max_number,
                        (double *)(void *)((char *)device + one->offset)));
    device->has_addresses = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(limits, "has_addresses"));
fail:
    return status;
}

static vktl_status read_device(struct reader *reader, struct vktl_conformance *conformance,
                               const cJSON *item)
{
    vktl_status status;
    struct device device;
    struct vktl_selftest_counts counts;
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(item, "cases"), *one;
    if (conformance->device_count >= MAX_DEVICES)
        REFUSE(reader, "devices", "are more than 64 together");
    TRY(read_facts(reader, item, &device));
    if (!cJSON_IsArray(cases) || cJSON_GetArraySize(cases) > MAX_ROWS)
        REFUSE(reader, "cases", "is missing, no list, or longer than 50000");
    vktl_conformance_counts(conformance, &counts);
    if (counts.rows + (uint32_t)cJSON_GetArraySize(cases) > MAX_ALL_ROWS)
        REFUSE(reader, "cases", "are more than 200000 together");
    TRY(conformance_begin(reader->log, conformance, &device));
    cJSON_ArrayForEach(one, cases)
    {
        struct vktl_selftest_row row;
        reader->row++;
        TRY(read_row(reader, one, &row));
        TRY(conformance_add(reader->log, conformance, &row));
    }
    reader->row = 0;
fail:
    return status;
}

vktl_status vktl_conformance_read(const struct vktl_log *log, struct vktl_conformance *conformance,
                                  const char *path)
{
    vktl_status status;
    struct reader reader = {.log = log, .path = path};
    unsigned char *bytes = NULL;
    size_t size;
    cJSON *root = NULL;
    const uint32_t before = conformance->device_count;
    TRY(file_read_all(log, path, MAX_FILE_SIZE, &bytes, &size));
    root = cJSON_ParseWithLength((const char *)bytes, size);
    if (!root)
        FAIL(log, VKTL_INPUT, "%s: no JSON, or damaged", path);
    const cJSON *devices = cJSON_GetObjectItemCaseSensitive(root, "devices"), *one;
    if (!cJSON_IsArray(devices) || !devices->child)
        REFUSE(&reader, "devices", "is missing, no list, or empty");
    cJSON_ArrayForEach(one, devices)
    {
        reader.device++;
        TRY(read_device(&reader, conformance, one));
    }
fail:
    if (status != VKTL_OK)
        conformance_cut(conformance, before);
    cJSON_Delete(root);
    free(bytes);
    return status;
}
