// Fuzz target: a run folder, as `train --resume` and `report` read it. The input is its files, one
// after the other, "\n====\n" between them: config.json, history.csv, files.csv, and what is both
// last.safetensors and best.safetensors.
#include "fuzz/fuzz.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/device.h"
#include "train/report_parts.h"
#include "train/resume.h"

static void resume(const char *folder)
{
    static const struct vktl_device_info info = {.name = "device", .driver = "driver"};
    const struct vktl_train_params rows[] = {{.run_folder = folder},
                                             {.run_folder = folder, .epochs = 30, .batch = 8}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct resume found;
        (void)resume_open(&fuzz_log, &info, &rows[i], &found);
        resume_close(&found);
    }
}

// What is in the files is text to the page: the seeds and the dictionary have "<fuzz>" in them.
static void make_page(struct report *report)
{
    struct text html;
    text_init(&html);
    (void)report_add_training(report);
    report_add_data(report);
    report_add_settings(report);
    report_add_files(report);
    if (page_finish(&fuzz_log, &report->page, "title", "verdict", &html) == VKTL_OK &&
        strstr(html.data, "<fuzz"))
        abort();
    text_deinit(&html);
}

static void report(const char *folder)
{
    struct vktl_device device = {.log = &fuzz_log, .info = {.name = "device", .driver = "driver"}};
    struct report report = {.log = &fuzz_log, .device = &device, .params.run_folder = folder};
    page_init(&report.page);
    if (report_read(&report) == VKTL_OK)
        make_page(&report);
    page_deinit(&report.page);
    vktl_model_destroy(&report.model);
    cJSON_Delete(report.config);
    arena_deinit(&report.strings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"config.json", "history.csv", "files.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct fuzz_part part = fuzz_next_part(&data, &size);
        fuzz_file(names[i], part.data, part.size);
    }
    fuzz_file("last.safetensors", data, size);
    fuzz_file("best.safetensors", data, size);
    resume(fuzz_folder());
    report(fuzz_folder());
    return 0;
}
