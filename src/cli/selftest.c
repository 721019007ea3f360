// Responsible for `vktl selftest`: on which devices, and the rows as text and JSON.
#include <vktl/selftest.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"

struct selftest_options {
    struct common_options common;
    const char *op;
    bool quick;
};

#define AT(member) .offset = offsetof(struct selftest_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "device", .type = OPTION_TEXT, .argument = "all|auto|N|NAME",
     .offset = offsetof(struct common_options, device), .note = "VKTL_DEVICE, else auto",
     .help = "every usable device, or one as `vktl devices` lists them"},
    {.name = "op", .type = OPTION_TEXT, .argument = "NAME", AT(op), .note = "all",
     .help = "one operator, such as conv2d"},
    {.name = "quick", .type = OPTION_FLAG, AT(quick), .help = "leave out the few slow cases"},
    ROW_JSON, ROW_QUIET, ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] = "  vktl selftest\n"
                               "  vktl selftest --device all --json > selftest.json\n"
                               "  vktl selftest --op conv2d --device radeon\n";

// ---- Rows

struct report {
    struct console *console;
    const struct selftest_options *chosen;
    struct json json;
    cJSON *devices, *cases; // in `json`
    vktl_status status;     // of writing
    vktl_status worst;      // of the devices so far: the first that is not VKTL_OK
};

static void write_row(struct report *report, const struct vktl_selftest_row *row)
{
    struct text text;
    text_init(&text);
    text_format(&text, "%-18s %-12s %-10s %-24s %9.2e %9.2e %s\n", row->op, row->direction,
                row->algorithm, row->name, row->worst, row->tolerance, row->pass ? "ok" : "FAIL");
    if (*row->detail)
        text_format(&text, "    %s\n", row->detail);
    report->status = text_status(&report->console->log, &text);
    if (report->status == VKTL_OK)
        report->status = console_write(report->console, text.data);
    text_deinit(&text);
}

static void add_row(struct report *report, const struct vktl_selftest_row *row)
{
    struct json *json = &report->json;
    cJSON *item = json_add_object(json, report->cases, NULL);
    json_add_text(json, item, "op", row->op);
    json_add_text(json, item, "direction", row->direction);
    if (*row->algorithm)
        json_add_text(json, item, "algorithm", row->algorithm);
    json_add_text(json, item, "case", row->name);
    json_add_number(json, item, "worst", row->worst);
    json_add_number(json, item, "tolerance", row->tolerance);
    json_add_bool(json, item, "pass", row->pass);
    if (*row->detail)
        json_add_text(json, item, "detail", row->detail);
}

static void show_row(const struct vktl_selftest_row *row, void *user)
{
    struct report *report = user;
    stop_requested(report->console);
    if (report->chosen->common.json)
        add_row(report, row);
    else if (report->status == VKTL_OK)
        write_row(report, row);
}

// ---- Devices

static void begin_device(struct report *report, const struct vktl_device_info *info)
{
    cJSON *item = json_add_object(&report->json, report->devices, NULL);
    json_add_text(&report->json, item, "name", info->name);
    json_add_text(&report->json, item, "driver", info->driver);
    report->cases = json_add_array(&report->json, item, "cases");
    console_say(report->console, "%s (%s)", info->name, info->driver);
}

// What fails on one device must not keep the others from being tested, so it is only noted.
static void note(struct report *report, vktl_status status)
{
    if (report->worst == VKTL_OK)
        report->worst = status;
}

static void test_device(struct report *report, const char *which)
{
    vktl_status status;
    struct vktl_device *device = NULL;
    struct vktl_selftest_counts counts = {0};
    const struct vktl_log *log = &report->console->log;
    const struct vktl_device_params device_params = {.which = which, .guard = true};
    const struct vktl_selftest_params params = {report->chosen->op, report->chosen->quick};
    TRY(vktl_device_open(log, &device_params, &device));
    begin_device(report, vktl_device_info(device));
    status = vktl_selftest(log, device, &params, show_row, report, &counts);
    if (counts.rows)
        console_say(report->console, "%u comparisons, %u failed", counts.rows, counts.failed);
fail:
    vktl_device_close(&device);
    note(report, status);
}

static void test_all(struct report *report)
{
    struct vktl_device_info *infos = NULL;
    uint32_t count = 0;
    const vktl_status status = vktl_device_list(&report->console->log, &infos, &count);
    bool has_usable = false;
    note(report, status);
    for (uint32_t i = 0; status == VKTL_OK && i < count; i++) {
        char which[16];
        if (!infos[i].usable) {
            console_say(report->console, "%s (%s) left out: %s", infos[i].name, infos[i].driver,
                        infos[i].unusable_because);
            continue;
        }
        if (stop_requested(report->console)) {
            note(report, VKTL_INTERRUPTED);
            break;
        }
        has_usable = true;
        snprintf(which, sizeof which, "%u", infos[i].index);
        test_device(report, which);
    }
    if (status == VKTL_OK && !has_usable)
        note(report,
             log_fail(&report->console->log, VKTL_NO_DEVICE,
                      "none of the %u Vulkan devices is usable; `vktl devices` says why", count));
    vktl_device_list_free(&infos);
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct selftest_options *chosen = values;
    const char *which = device_choice(&chosen->common);
    struct report report = {.console = console, .chosen = chosen};
    (void)positionals, (void)count;
    json_init_object(&report.json);
    report.devices = json_add_array(&report.json, report.json.root, "devices");
    if (strcmp(which, "all") == 0)
        test_all(&report);
    else
        test_device(&report, which);
    TRY(report.status);
    // A document without devices would say that all is well where nothing was tested.
    if (chosen->common.json && cJSON_GetArraySize(report.devices) > 0)
        TRY(json_write(console, &report.json));
    status = report.worst;
fail:
    json_deinit(&report.json);
    return status;
}

const struct command command_selftest = {
    .name = "selftest",
    .job = "every kernel against plain C loops, on this machine's devices",
    .positionals = "",
    .options = options,
    .values_size = sizeof(struct selftest_options),
    .examples = examples,
    .run = run,
};
