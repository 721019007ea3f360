// Responsible for `vktl selftest`: on which devices and in which forms, what is shown while it
// runs, and which reports are written. What stands in them is the library's.
#include <vktl/conformance.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"

struct selftest_options {
    struct common_options common;
    const char *op, *report;
    bool quick, merge, summary, gpu_kernels;
};

#define AT(member) .offset = offsetof(struct selftest_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "device", .type = OPTION_TEXT, .argument = "all|auto|N|NAME",
     .offset = offsetof(struct common_options, device), .note = "VKTL_DEVICE, else auto",
     .help = "every usable device, which are then compared in pairs, or one as `vktl devices` "
             "lists them"},
    {.name = "op", .type = OPTION_TEXT, .argument = "NAME", AT(op), .note = "all",
     .help = "one operator, such as conv2d, or `model`: a training run repeated after PyTorch"},
    {.name = "quick", .type = OPTION_FLAG, AT(quick),
     .help = "leave out the few slow cases, the form of kernels that the device does not prefer, "
             "and --strict's"},
    {.name = "report", .type = OPTION_TEXT, .argument = "FILE", AT(report),
     .help = "write a report: .html (one self-contained page), .md, .json or .txt"},
    {.name = "merge", .type = OPTION_FLAG, AT(merge),
     .help = "run nothing: the REPORTs, in JSON, are of other machines, and are put side by side; "
             "as text, unless --report or --json asks for something else"},
    {.name = "summary", .type = OPTION_FLAG, AT(summary),
     .help = "on stdout a table of the operators and what failed, in place of every row"},
    {.name = "gpu-kernels", .type = OPTION_FLAG, AT(gpu_kernels),
     .help = "on CPU drivers the kernels that GPUs get, slowly: to test these without a GPU"},
    {.name = "strict", .type = OPTION_FLAG, .offset = offsetof(struct common_options, strict),
     .help = "nothing but the strict kernels, in every form: those of `vktl train --strict`"},
    ROW_JSON, ROW_QUIET, ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl selftest\n"
    "  vktl selftest --device all --report selftest.html\n"
    "  vktl selftest --op conv2d --device radeon\n"
    "  vktl selftest --summary --report amd.json # send it to whoever has another GPU\n"
    "  vktl selftest --merge amd.json intel.json --report vendors.html\n";

// ---- Rows

struct selftest {
    struct console *console;
    const struct selftest_options *chosen;
    struct vktl_conformance *conformance;
    bool shows_rows;
    uint32_t failed;
    vktl_status status; // of writing and keeping rows
    vktl_status worst;  // of the devices so far: the first that is not VKTL_OK
};

static vktl_status write_row(struct selftest *selftest, const struct vktl_selftest_row *row)
{
    vktl_status status;
    struct text text;
    text_init(&text);
    text_format(&text, "%-18s %-12s %-10s %-24s %-7s %-6s %8.3g ULP %9.2e %9.2e %s\n", row->op,
                row->direction, row->algorithm, row->name, row->form, row->precision, row->ulp,
                row->worst, row->tolerance, row->pass ? "ok" : "FAIL");
    if (*row->detail)
        text_format(&text, "    %s\n", row->detail);
    TRY(text_status(&selftest->console->log, &text));
    TRY(console_write(selftest->console, text.data));
fail:
    text_deinit(&text);
    return status;
}

static void draw_progress(void *user, uint32_t done, uint32_t total)
{
    const struct selftest *selftest = user;
    char failed[32];
    if (!selftest->shows_rows && console_wants_line(selftest->console)) {
        snprintf(failed, sizeof failed, ", %u failed", selftest->failed);
        console_draw(selftest->console, "Testing", done, total, failed);
    }
}

static bool should_stop(void *user)
{
    const struct selftest *selftest = user;
    return stop_requested(selftest->console);
}

static void take_row(const struct vktl_selftest_row *row, void *user)
{
    struct selftest *selftest = user;
    selftest->failed += !row->pass;
    if (selftest->status == VKTL_OK)
        selftest->status =
            vktl_conformance_add_row(&selftest->console->log, selftest->conformance, row);
    if (selftest->status == VKTL_OK && selftest->shows_rows)
        selftest->status = write_row(selftest, row);
}

// ---- Devices

// What fails on one device must not keep the others from being tested, so it is only noted.
static void note(struct selftest *selftest, vktl_status status)
{
    if (selftest->worst == VKTL_OK)
        selftest->worst = status;
}

static struct vktl_device_params params_of(const struct selftest *selftest, const char *which)
{
    return (struct vktl_device_params){.which = which,
                                       .guard = true,
                                       .ignore_verdicts = true,
                                       .gpu_kernels = selftest->chosen->gpu_kernels};
}

// Whole models go by the name of an operator.
static bool has_models(const struct selftest_options *chosen)
{
    return !chosen->op || strcmp(chosen->op, "model") == 0;
}

static bool is_operator(const struct selftest_options *chosen)
{
    return !chosen->op || strcmp(chosen->op, "model") != 0;
}

static vktl_status test_form(struct selftest *selftest, struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    const struct selftest_options *chosen = selftest->chosen;
    const struct vktl_log *log = &selftest->console->log;
    const struct vktl_selftest_params params = {.op = selftest->chosen->op,
                                                .quick = selftest->chosen->quick,
                                                .progress = draw_progress,
                                                .should_stop = should_stop};
    const struct vktl_device_info *info = vktl_device_info(device);
    struct vktl_selftest_counts counts = {0}, all;
    console_say(selftest->console, "%s (%s), kernels over %s%s", info->name, info->driver,
                info->form == VKTL_FORM_ADDRESS ? "addresses" : "storage buffers",
                info->strict ? ", strict" : "");
    if (is_operator(chosen))
        status = vktl_selftest(log, device, &params, take_row, selftest, &counts);
    all = counts;
    if (has_models(chosen) && (status == VKTL_OK || status == VKTL_FAILED)) {
        const vktl_status first = status;
        status = vktl_selftest_model(log, device, &params, take_row, selftest, &counts);
        all.rows += counts.rows;
        all.failed += counts.failed;
        status = first == VKTL_OK ? status : first;
    }
    if (all.rows)
        console_say(selftest->console, "%u comparisons, %u failed", all.rows, all.failed);
    return status;
}

// In the form that the device prefers; unless that is enough, in the other one, and strictly.
static void test_device(struct selftest *selftest, const char *which)
{
    enum { PREFERRED, OTHER, STRICT, WAYS };
    vktl_status status = VKTL_OK;
    struct vktl_device *device = NULL;
    const struct vktl_log *log = &selftest->console->log;
    struct vktl_device_params params = params_of(selftest, which);
    const bool is_strict = selftest->chosen->common.strict;
    enum vktl_form other = VKTL_FORM_AUTO; // where the device has both
    for (int way = PREFERRED; way < (selftest->chosen->quick ? OTHER : WAYS); way++) {
        if ((way == OTHER && other == VKTL_FORM_AUTO) || (way == STRICT && is_strict))
            continue;
        params.form = way == OTHER ? other : VKTL_FORM_AUTO;
        params.strict = way == STRICT || is_strict;
        TRY(vktl_device_open(log, &params, &device));
        const struct vktl_device_info *info = vktl_device_info(device);
        if (way == PREFERRED)
            TRY(vktl_conformance_add_device(log, selftest->conformance, info));
        if (info->has_addresses)
            other = info->form == VKTL_FORM_ADDRESS ? VKTL_FORM_STORAGE : VKTL_FORM_ADDRESS;
        status = test_form(selftest, device);
        if (status != VKTL_OK && status != VKTL_FAILED)
            goto fail;
        note(selftest, status);
        vktl_device_close(&device);
    }
    return;
fail:
    vktl_device_close(&device);
    note(selftest, status);
}

static void test_all(struct selftest *selftest)
{
    struct vktl_device_info *infos = NULL;
    uint32_t count = 0;
    struct console *console = selftest->console;
    const vktl_status status = vktl_device_list(&console->log, &infos, &count);
    bool has_usable = false;
    note(selftest, status);
    for (uint32_t i = 0; status == VKTL_OK && i < count; i++) {
        char which[16];
        if (!infos[i].usable) {
            console_say(console, "%s (%s) left out: %s", infos[i].name, infos[i].driver,
                        infos[i].unusable_because);
            continue;
        }
        if (stop_requested(console)) {
            note(selftest, VKTL_INTERRUPTED);
            break;
        }
        has_usable = true;
        snprintf(which, sizeof which, "%u", infos[i].index);
        test_device(selftest, which);
    }
    if (status == VKTL_OK && !has_usable)
        note(selftest,
             log_fail(&console->log, VKTL_NO_DEVICE,
                      "none of the %u Vulkan devices is usable; `vktl devices` says why", count));
    vktl_device_list_free(&infos);
}

// ---- Reports

static vktl_status merge(struct selftest *selftest, const char *const *paths, uint32_t count)
{
    vktl_status status = VKTL_OK;
    struct vktl_selftest_counts counts;
    const struct vktl_log *log = &selftest->console->log;
    for (uint32_t i = 0; i < count; i++)
        TRY(vktl_conformance_read(log, selftest->conformance, paths[i]));
    vktl_conformance_counts(selftest->conformance, &counts);
    if (counts.failed)
        selftest->worst =
            log_fail(log, VKTL_FAILED, "%u of %u comparisons failed", counts.failed, counts.rows);
fail:
    return status;
}

static vktl_status write_text(struct selftest *selftest, enum vktl_conformance_format format)
{
    vktl_status status;
    char *text = NULL;
    console_clear(selftest->console);
    TRY(vktl_conformance_text(&selftest->console->log, selftest->conformance, format, &text));
    TRY(console_write(selftest->console, text));
fail:
    free(text);
    return status;
}

// A report of nothing, or of the half of it, would say that all is well.
static vktl_status write_reports(struct selftest *selftest)
{
    vktl_status status = VKTL_OK;
    const struct selftest_options *chosen = selftest->chosen;
    if (!vktl_conformance_device_count(selftest->conformance) || stop_requested(selftest->console))
        return VKTL_OK;
    if (chosen->common.json)
        TRY(write_text(selftest, VKTL_CONFORMANCE_JSON));
    else if (chosen->summary || (chosen->merge && !chosen->report))
        TRY(write_text(selftest, VKTL_CONFORMANCE_TEXT));
    if (!chosen->report)
        return VKTL_OK;
    TRY(vktl_conformance_save(&selftest->console->log, selftest->conformance, chosen->report));
    console_say(selftest->console, "Wrote %s", chosen->report);
fail:
    return status;
}

// ---- The command

static vktl_status check_options(const struct vktl_log *log, const struct selftest_options *chosen,
                                 uint32_t count)
{
    enum vktl_conformance_format format;
    if (chosen->report && !vktl_conformance_format_of(chosen->report, &format))
        return log_fail(log, VKTL_USAGE,
                        "--report %s: a report's name ends in .html, .md, .json or .txt",
                        chosen->report);
    if (chosen->merge && !count)
        return log_fail(log, VKTL_USAGE,
                        "--merge: which reports? `vktl selftest --report "
                        "FILE.json` writes them");
    if (!chosen->merge && count)
        return log_fail(log, VKTL_USAGE, "reports are taken with --merge alone");
    return VKTL_OK;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct selftest_options *chosen = values;
    const char *which = device_choice(&chosen->common);
    struct selftest selftest = {.console = console, .chosen = chosen};
    selftest.shows_rows = !chosen->common.json && !chosen->summary;
    TRY(check_options(&console->log, chosen, count));
    TRY(vktl_conformance_create(&console->log, &selftest.conformance));
    if (chosen->merge)
        TRY(merge(&selftest, positionals, count));
    else if (strcmp(which, "all") == 0)
        test_all(&selftest);
    else
        test_device(&selftest, which);
    TRY(selftest.status);
    TRY(write_reports(&selftest));
    status = selftest.worst;
fail:
    vktl_conformance_destroy(&selftest.conformance);
    return status;
}

const struct command command_selftest = {
    .name = "selftest",
    .job = "every kernel against plain C loops, on this machine's devices",
    .positionals = "[--merge REPORT...]",
    .positional_max = 64,
    .options = options,
    .values_size = sizeof(struct selftest_options),
    .examples = examples,
    .run = run,
};
