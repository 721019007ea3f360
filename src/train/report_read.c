// Responsible for reading what a run left behind, for its report. What is told of it is in the
// other report_*.c.
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "formats/safetensors.h"
#include "train/course.h"
#include "train/report_parts.h"

enum { CSV_MAX_SIZE = 1 << 28, CELL_MAX = 32 };

// ---- CSV (RFC 4180), parted in place

// The next cell from `*place`, which moves behind it; `ends_row` tells whether a row ends there.
static char *next_cell(char **place, bool *ends_row)
{
    char *from = *place, *to = from, *const cell = from;
    bool is_quoted = *from == '"';
    from += is_quoted;
    while (*from && (is_quoted || (*from != ',' && *from != '\n'))) {
        const bool is_quote = is_quoted && *from == '"';
        from += is_quote;
        if (is_quote && *from != '"')
            is_quoted = false; // what follows before a comma is of the cell, as it is
        else
            *to++ = *from++;
    }
    *ends_row = *from != ',';
    *place = *from ? from + 1 : from;
    *to = '\0';
    return cell;
}

// Fills at most `most` cells and returns how many the row has.
static uint32_t next_row(char **place, char **cells, uint32_t most)
{
    uint32_t count = 0;
    for (bool ends_row = false; !ends_row; count++) {
        char *cell = next_cell(place, &ends_row);
        if (count < most)
            cells[count] = cell;
    }
    return count;
}

static uint32_t count_lines(const char *text)
{
    uint32_t count = 0;
    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

static vktl_status read_text(struct report *report, const char *name, const char **path,
                             char **text)
{
    size_t size;
    char *joined = path_join(report->params.run_folder, name);
    if (!joined)
        return log_fail(report->log, VKTL_NO_MEMORY, "out of host memory");
    *path = report_format(report, "%s", joined);
    free(joined);
    return file_read_all(report->log, *path, CSV_MAX_SIZE, (unsigned char **)text, &size);
}

// ---- history.csv

static double number_of(const char *cell)
{
    char *end;
    const double number = strtod(cell, &end);
    return end == cell || *end ? NAN : number;
}

// Columns are known by their names, so that others may join them.
static vktl_status read_history(struct report *report)
{
    static const char *const names[COLUMN_COUNT] = {"loss",         "accuracy",      "val_loss",
                                                    "val_accuracy", "learning_rate", "seconds"};
    vktl_status status;
    struct report_history *history = &report->history;
    char *text = NULL, *place, *cells[CELL_MAX], *headings[CELL_MAX];
    const char *path = "";
    TRY(read_text(report, "history.csv", &path, &text));
    place = text;
    const uint32_t rows = count_lines(text);
    const uint32_t columns = next_row(&place, headings, CELL_MAX);
    if (strcmp(headings[0], "epoch") != 0)
        FAIL(report->log, VKTL_INPUT, "%s: damaged: its first column is not 'epoch'", path);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        history->column[i] = report_array(report, (size_t)rows + 1, sizeof(double));
        TRY_ALLOC(report->log, history->column[i]);
    }
    for (; *place; history->epochs++) {
        const uint32_t count = next_row(&place, cells, CELL_MAX);
        // More columns than this are not vktl's.
        if (columns > CELL_MAX || count != columns || history->epochs == rows)
            FAIL(report->log, VKTL_INPUT, "%s:%" PRIu32 ": damaged: %" PRIu32 " cells of %" PRIu32,
                 path, history->epochs + 2, count, columns);
        for (int i = 0; i < COLUMN_COUNT; i++) {
            history->column[i][history->epochs] = NAN;
            for (uint32_t k = 0; k < columns; k++)
                if (strcmp(headings[k], names[i]) == 0)
                    history->column[i][history->epochs] = number_of(cells[k]);
        }
    }
fail:
    free(text);
    return status;
}

// ---- files.csv

// Rows are in the order of the classes: `guess` is the one of the row before.
static uint32_t find_class(const struct report *report, const char *name, uint32_t guess)
{
    const uint32_t count = vktl_model_class_count(report->model);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t index = (guess + i) % count;
        if (strcmp(name, report_class(report, index)) == 0)
            return index;
    }
    return count;
}

static vktl_status read_files(struct report *report)
{
    enum { SET, CLASS, PATH, CELLS };
    vktl_status status;
    char *text = NULL, *place, *cells[CELLS];
    const char *path = "";
    uint32_t class_index = 0;
    TRY(read_text(report, "files.csv", &path, &text));
    const uint32_t most = count_lines(text) + 1;
    report->images = report_array(report, most, sizeof *report->images);
    TRY_ALLOC(report->log, report->images);
    place = text;
    if (next_row(&place, cells, CELLS) != CELLS || strcmp(cells[SET], "set") != 0)
        FAIL(report->log, VKTL_INPUT, "%s: damaged: its columns are not set, class, path", path);
    while (*place) {
        const bool is_whole = next_row(&place, cells, CELLS) == CELLS && report->image_count < most;
        if (is_whole)
            class_index = find_class(report, cells[CLASS], class_index);
        if (!is_whole || class_index == vktl_model_class_count(report->model))
            FAIL(report->log, VKTL_INPUT, "%s: damaged at image %" PRIu32 ": %s", path,
                 report->image_count + 1,
                 is_whole ? "its class is none of the model's" : "not three cells");
        report->images[report->image_count++] = (struct report_image){
            report_format(report, "%s", cells[PATH]), class_index, strcmp(cells[SET], "val") == 0};
    }
fail:
    free(text);
    return status;
}

// ---- config.json

const char *report_setting(const struct report *report, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report->config, name));
}

static vktl_status read_config(struct report *report)
{
    vktl_status status;
    char *text = NULL;
    const char *path = "";
    TRY(read_text(report, "config.json", &path, &text));
    report->config = cJSON_Parse(text);
    if (!cJSON_IsObject(report->config))
        FAIL(report->log, VKTL_INPUT, "%s: damaged: not a JSON object", path);
fail:
    free(text);
    return status;
}

// ---- All of it

// What is wrong, but not what was loaded.
static void forward_problem(void *user, enum vktl_log_level level, const char *sentence)
{
    if (level <= VKTL_LOG_WARNING)
        log_write(user, level, "%s", sentence);
}

static vktl_status read_best(struct report *report)
{
    vktl_status status;
    struct safetensors *file = NULL;
    const struct vktl_model_params params = {.model = report->params.run_folder};
    const struct vktl_log problems = {forward_problem, (void *)report->log};
    char *path = path_join(report->params.run_folder, "best.safetensors");
    TRY_ALLOC(report->log, path);
    TRY(vktl_model_open(&problems, &params, &report->model));
    TRY(safetensors_open(report->log, path, &file));
    const char *epoch = safetensors_metadata(file, "epoch");
    report->best_epoch = epoch ? (uint32_t)strtoul(epoch, NULL, 10) : 0;
fail:
    safetensors_close(&file);
    free(path);
    return status;
}

// Where the second phase began, as last.safetensors tells it, if it is there to tell.
static vktl_status read_course(struct report *report)
{
    vktl_status status = VKTL_OK;
    struct safetensors *file = NULL;
    struct course course;
    char *path = path_join(report->params.run_folder, "last.safetensors");
    TRY_ALLOC(report->log, path);
    if (!file_exists(path))
        goto fail;
    TRY(safetensors_open(report->log, path, &file));
    const char *words = safetensors_metadata(file, COURSE_KEY);
    if (words && course_read(NULL, path, words, &course) == VKTL_OK && course.phase > 0 &&
        course.phase_epoch < report->history.epochs)
        report->fine_tune_epoch = course.phase_epoch + 1;
fail:
    safetensors_close(&file);
    free(path);
    return status;
}

vktl_status report_read(struct report *report)
{
    vktl_status status;
    if (!folder_exists(report->params.run_folder))
        FAIL(report->log, VKTL_INPUT, "%s: no such run folder", report->params.run_folder);
    TRY(read_config(report));
    TRY(read_best(report));
    TRY(read_history(report));
    TRY(read_course(report));
    TRY(read_files(report));
    if (report->best_epoch > report->history.epochs)
        report->best_epoch = 0;
fail:
    return status;
}
