// Responsible for what a report tells of the training: summary, curves, data, settings, files.
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "train/report_parts.h"

// ---- Rows of a table, collected one by one -----------------------------------------------------

enum { FACTS_MAX = 160 };

struct facts {
    struct report *report;
    const char *cells[2 * FACTS_MAX];
    uint32_t rows;
};

static void add_fact(struct facts *facts, const char *name, const char *value)
{
    if (facts->rows == FACTS_MAX)
        return;
    facts->cells[2 * facts->rows] = name;
    facts->cells[2 * facts->rows + 1] = value;
    facts->rows++;
}

static void end_facts(struct facts *facts, const char *caption)
{
    static const char *const headings[] = {"Name", "Value"};
    const struct page_table table = {.caption = caption,
                                     .look = PAGE_FACTS,
                                     .columns = 2,
                                     .rows = facts->rows,
                                     .headings = headings,
                                     .cells = facts->cells,
                                     .text_columns = 1};
    page_table(&facts->report->page, &table);
}

// ---- Summary -----------------------------------------------------------------------------------

static double at_best(const struct report *report, enum report_column column)
{
    return report->best_epoch ? report->history.column[column][report->best_epoch - 1] : NAN;
}

static double total_seconds(const struct report *report)
{
    double total = 0;
    for (uint32_t i = 0; i < report->history.epochs; i++) {
        const double seconds = report->history.column[COLUMN_SECONDS][i];
        total += isnan(seconds) ? 0 : seconds;
    }
    return total;
}

static const char *duration(struct report *report, double seconds)
{
    if (seconds < 60)
        return report_format(report, "%.2f s", seconds);
    if (seconds < 3600)
        return report_format(report, "%.0f min %02.0f s", floor(seconds / 60), fmod(seconds, 60));
    return report_format(report, "%.0f h %02.0f min", floor(seconds / 3600),
                         floor(fmod(seconds, 3600) / 60));
}

static void add_judgement(struct report *report, struct facts *facts)
{
    const struct vktl_evaluation *evaluation = &report->evaluation;
    uint32_t most = 0;
    for (uint32_t i = 0; i < evaluation->class_count; i++)
        if (evaluation->classes[i].images > most)
            most = evaluation->classes[i].images;
    add_fact(facts, "Judged by",
             report_format(report, "%u %s", evaluation->count, report->judged_by));
    add_fact(facts, "Accuracy",
             report_format(report, "%.2f %% (%u right, %u wrong)", 100 * evaluation->accuracy,
                           evaluation->correct, evaluation->count - evaluation->correct));
    add_fact(facts, "Always guessing the commonest class",
             report_format(report, "%.2f %%", 100.0 * most / evaluation->count));
    if (evaluation->top < evaluation->class_count)
        add_fact(facts, report_format(report, "Among the %u most probable", evaluation->top),
                 report_format(report, "%.2f %%", 100 * evaluation->top_accuracy));
    add_fact(facts, "Loss (mean cross-entropy)", report_format(report, "%.4f", evaluation->loss));
    add_fact(facts, "F1, mean of the classes", report_format(report, "%.4f", evaluation->macro.f1));
}

static void add_summary(struct report *report)
{
    struct facts facts = {.report = report};
    const double val_accuracy = at_best(report, COLUMN_VAL_ACCURACY);
    page_section(&report->page, "summary", "Summary");
    add_fact(&facts, "Model",
             report_format(report, "%s, %u classes, images of %u x %u pixels",
                           vktl_model_name(report->model), vktl_model_class_count(report->model),
                           vktl_model_image_size(report->model),
                           vktl_model_image_size(report->model)));
    if (report->dataset)
        add_judgement(report, &facts);
    if (report->best_epoch)
        add_fact(&facts, "Best epoch",
                 report_format(report, "%u of %u", report->best_epoch, report->history.epochs));
    if (!isnan(val_accuracy))
        add_fact(&facts, "Its validation accuracy during training",
                 report_format(report, "%.2f %%", 100 * val_accuracy));
    add_fact(&facts, "Training time, all epochs", duration(report, total_seconds(report)));
    end_facts(&facts, "What the run came to");
}

// ---- Curves ------------------------------------------------------------------------------------

static bool has_numbers(const struct report *report, enum report_column column)
{
    for (uint32_t i = 0; i < report->history.epochs; i++)
        if (!isnan(report->history.column[column][i]))
            return true;
    return false;
}

static vktl_status add_curves(struct report *report)
{
    vktl_status status = VKTL_OK;
    struct vktl_picture *pictures[2] = {NULL, NULL};
    double *const *column = report->history.column;
    const bool is_validated = has_numbers(report, COLUMN_VAL_LOSS);
    const struct vktl_curves curves = {
        .count = report->history.epochs,
        .accuracy = column[COLUMN_ACCURACY],
        .loss = column[COLUMN_LOSS],
        .val_accuracy = is_validated ? column[COLUMN_VAL_ACCURACY] : NULL,
        .val_loss = is_validated ? column[COLUMN_VAL_LOSS] : NULL,
        .learning_rate = column[COLUMN_LEARNING_RATE],
        .best_epoch = report->best_epoch,
        .fine_tune_epoch = report->fine_tune_epoch,
    };
    for (int theme = 0; theme < 2; theme++)
        TRY(vktl_draw_curves(report->log, &curves, (enum vktl_theme)theme, &pictures[theme]));
    return report_add_figure(report, pictures,
                             "Accuracy and loss against the epoch, of training and validation; "
                             "the table below has the numbers",
                             "Accuracy and loss by epoch");
fail:
    for (int theme = 0; theme < 2; theme++)
        vktl_picture_destroy(&pictures[theme]);
    return status;
}

static const char *share(struct report *report, double value)
{
    return isnan(value) ? "-" : report_format(report, "%.2f %%", 100 * value);
}

static const char *number(struct report *report, double value)
{
    return isnan(value) ? "-" : report_format(report, "%.4g", value);
}

// At most a few dozen epochs: the first, the last, the best, and others evenly between.
static bool is_shown(const struct report *report, uint32_t epoch)
{
    enum { MOST = 30 };
    const uint32_t count = report->history.epochs;
    const uint32_t stride = (count + MOST - 1) / MOST;
    return (epoch - 1) % stride == 0 || epoch == count || epoch == report->best_epoch;
}

static void add_epochs(struct report *report)
{
    enum { COLUMNS = 7, MOST = 33 };
    static const char *const headings[COLUMNS] = {
        "Epoch",           "Accuracy",      "Loss",   "Validation accuracy",
        "Validation loss", "Learning rate", "Seconds"};
    double *const *column = report->history.column;
    const char *cells[COLUMNS * MOST];
    uint32_t rows = 0;
    for (uint32_t i = 0; i < report->history.epochs && rows < MOST; i++) {
        const char **row = cells + (size_t)rows * COLUMNS;
        if (!is_shown(report, i + 1))
            continue;
        row[0] = report_format(report, i + 1 == report->best_epoch ? "%u, the best" : "%u", i + 1);
        row[1] = share(report, column[COLUMN_ACCURACY][i]);
        row[2] = number(report, column[COLUMN_LOSS][i]);
        row[3] = share(report, column[COLUMN_VAL_ACCURACY][i]);
        row[4] = number(report, column[COLUMN_VAL_LOSS][i]);
        row[5] = number(report, column[COLUMN_LEARNING_RATE][i]);
        row[6] = number(report, column[COLUMN_SECONDS][i]);
        rows++;
    }
    const char *caption = rows == report->history.epochs
                              ? "Every epoch"
                              : "Some of the epochs; history.csv has all of them";
    const struct page_table table = {
        .caption = caption, .columns = COLUMNS, .rows = rows, .headings = headings, .cells = cells};
    page_table(&report->page, &table);
}

vktl_status report_add_training(struct report *report)
{
    vktl_status status = VKTL_OK;
    add_summary(report);
    page_section(&report->page, "training", "Training");
    if (!report->history.epochs) {
        page_paragraph(&report->page, "No epoch was finished.");
        return VKTL_OK;
    }
    if (report->has_pictures)
        TRY(add_curves(report));
    add_epochs(report);
fail:
    return status;
}

// ---- Data --------------------------------------------------------------------------------------

static void add_counts(struct report *report)
{
    enum { COLUMNS = 3 };
    static const char *const headings[COLUMNS] = {"Class", "Training images", "Validation images"};
    const uint32_t count = vktl_model_class_count(report->model);
    uint32_t *images = report_array(report, 2 * ((size_t)count + 1), sizeof *images);
    const char **cells = report_array(report, COLUMNS * ((size_t)count + 1), sizeof *cells);
    if (!images || !cells)
        return;
    for (uint32_t i = 0; i < report->image_count; i++) {
        images[2 * report->images[i].class_index + report->images[i].is_validation]++;
        images[2 * count + report->images[i].is_validation]++;
    }
    for (uint32_t i = 0; i <= count; i++) {
        cells[COLUMNS * i] = i < count ? report_class(report, i) : "All classes";
        cells[COLUMNS * i + 1] = report_format(report, "%u", images[2 * i]);
        cells[COLUMNS * i + 2] = report_format(report, "%u", images[2 * i + 1]);
    }
    const struct page_table table = {.caption = "Images that the run was made with",
                                     .columns = COLUMNS,
                                     .rows = count + 1,
                                     .headings = headings,
                                     .cells = cells};
    page_table(&report->page, &table);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Images in `folder` that are not in `known`, sorted: unreadable when the run began, or newer.
static void find_unused(struct report *report, const char *folder, const char **known,
                        uint32_t known_count, const char **unused, uint32_t most, uint32_t *count)
{
    struct vktl_dataset *dataset = NULL;
    if (!folder || !folder_exists(folder) ||
        vktl_dataset_from_paths(NULL, &folder, 1, &dataset) != VKTL_OK)
        return;
    for (uint32_t i = 0; i < vktl_dataset_count(dataset); i++) {
        const char *path = vktl_dataset_path(dataset, i);
        if (bsearch(&path, known, known_count, sizeof *known, compare_texts))
            continue;
        if (*count < most)
            unused[*count] = report_format(report, "%s", path);
        ++*count;
    }
    vktl_dataset_destroy(&dataset);
}

static void add_names(struct report *report, const char *title, const char **names, uint32_t most,
                      uint32_t count)
{
    if (!count)
        return;
    page_heading(&report->page, report_format(report, "%s: %u", title, count));
    page_list(&report->page, names, count < most ? count : most);
    if (count > most)
        page_paragraph(&report->page, report_format(report, "and %u more", count - most));
}

static void add_missing(struct report *report)
{
    enum { MOST = 20 };
    const char *unused[MOST], *moved[MOST];
    uint32_t unused_count = 0, moved_count = 0;
    const char **known = report_array(report, (size_t)report->image_count + 1, sizeof *known);
    if (!known)
        return;
    for (uint32_t i = 0; i < report->image_count; i++) {
        known[i] = report->images[i].path;
        if (file_exists(known[i]))
            continue;
        if (moved_count < MOST)
            moved[moved_count] = known[i];
        moved_count++;
    }
    qsort(known, report->image_count, sizeof *known, compare_texts);
    find_unused(report, report_setting(report, "train"), known, report->image_count, unused, MOST,
                &unused_count);
    find_unused(report, report_setting(report, "val"), known, report->image_count, unused, MOST,
                &unused_count);
    add_names(report, "Left out (unreadable, or newer than the run)", unused, MOST, unused_count);
    add_names(report, "No longer where they were", moved, MOST, moved_count);
}

void report_add_data(struct report *report)
{
    page_section(&report->page, "data", "Data");
    add_counts(report);
    add_missing(report);
}

// ---- Settings and files ------------------------------------------------------------------------

static const char *setting_text(struct report *report, const cJSON *item)
{
    if (cJSON_IsString(item))
        return report_format(report, "%.500s", item->valuestring);
    if (cJSON_IsBool(item))
        return cJSON_IsTrue(item) ? "yes" : "no";
    if (cJSON_IsNumber(item))
        return report_format(report, "%.10g", item->valuedouble);
    return "-";
}

void report_add_settings(struct report *report)
{
    struct facts facts = {.report = report}, machine = {.report = report};
    const struct vktl_device_info *info = vktl_device_info(report->device);
    const uint32_t epochs = report->history.epochs;
    const char *device = report_setting(report, "device");
    const char *driver = report_setting(report, "driver");
    page_section(&report->page, "machine", "Device and timings");
    add_fact(&machine, "Trained on",
             report_format(report, "%s (%s)", device ? device : "not known",
                           driver ? driver : "not known"));
    add_fact(&machine, "This report's predictions",
             report_format(report, "%s (%s)", info->name, info->driver));
    add_fact(&machine, "Training time, all epochs", duration(report, total_seconds(report)));
    if (epochs)
        add_fact(&machine, "Mean of an epoch", duration(report, total_seconds(report) / epochs));
    if (report->dataset)
        add_fact(&machine, report_format(report, "Predicting %u images", report->predictions.count),
                 duration(report, report->predictions.seconds));
    end_facts(&machine, "Where it was computed, and how long it took");

    page_section(&report->page, "settings", "Settings");
    const cJSON *item;
    cJSON_ArrayForEach(item, report->config)
    {
        add_fact(&facts, item->string, setting_text(report, item));
    }
    end_facts(&facts, "config.json: every option as used");
}

// A word that a shell takes as it is, in quotes where it needs them.
static const char *shell_word(struct report *report, const char *word)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";
    struct text quoted;
    if (word[strspn(word, plain)] == '\0')
        return word;
    text_init(&quoted);
    text_append(&quoted, "'");
    for (; *word; word++)
        text_append_bytes(&quoted, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    text_append(&quoted, "'");
    report->is_out_of_memory |= quoted.failed;
    const char *copy = quoted.failed ? "" : report_format(report, "%s", quoted.data);
    text_deinit(&quoted);
    return copy;
}

void report_add_files(struct report *report)
{
    static const struct {
        const char *name, *meaning;
    } files[] = {
        {"best.safetensors", "the model of the best epoch, for infer, eval, features"},
        {"last.safetensors", "the state of the last step, for train --resume"},
        {"model.json", "the architecture, for Keras"},
        {"classes.json", "class names and their numbers"},
        {"config.json", "every option as used"},
        {"files.csv", "every image that was used"},
        {"history.csv", "loss and accuracy of each epoch"},
        {"steps.csv", "loss and accuracy of each step"},
        {"curves.png", "the curves as a picture"},
        {"curves.svg", "the same, for any size"},
        {"confusion.png", "the confusion matrix as a picture"},
    };
    struct facts facts = {.report = report};
    const char *run = report->params.run_folder;
    page_section(&report->page, "files", "Files, and what next");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = path_join(run, files[i].name);
        report->is_out_of_memory |= !path;
        if (path && file_exists(path))
            add_fact(&facts, files[i].name, files[i].meaning);
        free(path);
    }
    end_facts(&facts, report_format(report, "What is in %s", run));
    const char *word = shell_word(report, run);
    page_code(&report->page, report_format(report,
                                           "# recognise a new photo\nvktl infer %s photo.jpg\n"
                                           "# figures on other photos, one folder a class\n"
                                           "vktl eval %s photos/test\n"
                                           "# what the layers see\nvktl features %s photo.jpg",
                                           word, word, word));
}
