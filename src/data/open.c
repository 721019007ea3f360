// Responsible for what a folder of folders means: which subfolders are classes, and which messages
// a user gets whose folder is not as expected. Images within a class are found by walk.c.
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "data/dataset.h"

// ---- Which subfolders are classes

struct opening {
    const struct vktl_log *log;
    const char *folder;
    struct folder_list list;
    const char **names; // of the classes; the strings are borrowed
    uint32_t class_count;
    bool classes_are_given;
    struct vktl_dataset *dataset;
};

static uint32_t find_class(const struct opening *opening, const char *name)
{
    uint32_t i = 0;
    while (i < opening->class_count && strcmp(opening->names[i], name) != 0)
        i++;
    return i;
}

static vktl_status fail_unknown_class(const struct opening *opening, const char *name)
{
    struct text known;
    text_init(&known);
    for (uint32_t i = 0; i < opening->class_count; i++)
        text_format(&known, i ? ", %s" : "%s", opening->names[i]);
    vktl_status status =
        log_fail(opening->log, VKTL_INPUT,
                 "%s/%s: not a class of the model or training set, which knows: %s",
                 opening->folder, name, known.data && !known.failed ? known.data : "");
    text_deinit(&known);
    return status;
}

// Adds the images of one subfolder, under the next class or the given one of its name.
static vktl_status add_subfolder(struct opening *opening, const char *name)
{
    vktl_status status = VKTL_OK;
    const uint32_t before = opening->dataset->count;
    const uint32_t index =
        opening->classes_are_given ? find_class(opening, name) : opening->class_count;
    char *path = path_join(opening->folder, name);
    TRY_ALLOC(opening->log, path);
    TRY(dataset_add_folder(opening->log, opening->dataset, path, (uint32_t)strlen(opening->folder),
                           index));
    if (opening->dataset->count == before)
        log_warning(opening->log, "%s: no image in this folder, left out", path);
    else if (!opening->classes_are_given)
        opening->names[opening->class_count++] = name;
    else if (index == opening->class_count)
        TRY(fail_unknown_class(opening, name));
fail:
    free(path);
    return status;
}

static vktl_status add_subfolders(struct opening *opening)
{
    vktl_status status = VKTL_OK;
    for (size_t i = 0; i < opening->list.count; i++) {
        const struct folder_entry *entry = &opening->list.entries[i];
        if (entry->kind != FOLDER_ENTRY_FOLDER)
            continue;
        if (entry->name[0] == '.')
            log_warning(opening->log, "%s/%s: a hidden folder, left out", opening->folder,
                        entry->name);
        else
            TRY(add_subfolder(opening, entry->name));
    }
fail:
    return status;
}

// ---- Whether there is enough to work with

static uint32_t count_loose_images(const struct opening *opening)
{
    uint32_t count = 0;
    for (size_t i = 0; i < opening->list.count; i++)
        count += opening->list.entries[i].kind == FOLDER_ENTRY_FILE &&
                 dataset_takes(opening->list.entries[i].name);
    return count;
}

static vktl_status check_found_classes(const struct opening *opening)
{
    if (opening->class_count >= 2)
        return VKTL_OK;
    uint32_t loose_count = count_loose_images(opening);
    const char *hint = loose_count ? "; images lie in the folder itself: put them in one subfolder "
                                     "a class"
                                   : "; expected one subfolder with images a class";
    if (opening->class_count == 1)
        return log_fail(opening->log, VKTL_INPUT,
                        "%s: only one class, '%s', but at least two are needed%s", opening->folder,
                        opening->names[0], hint);
    return log_fail(opening->log, VKTL_INPUT, "%s: no class found%s", opening->folder, hint);
}

static vktl_status check_given_classes(const struct opening *opening)
{
    vktl_status status = VKTL_OK;
    const struct vktl_dataset *dataset = opening->dataset;
    bool *found = NULL;
    if (dataset->count == 0)
        FAIL(opening->log, VKTL_INPUT, "%s: no image found; expected one subfolder a class",
             opening->folder);
    found = calloc(opening->class_count, sizeof *found);
    TRY_ALLOC(opening->log, found);
    for (uint32_t i = 0; i < dataset->count; i++)
        found[dataset->items[i].class_index] = true;
    for (uint32_t i = 0; i < opening->class_count; i++)
        if (!found[i])
            log_warning(opening->log, "%s: no image of class '%s'", opening->folder,
                        opening->names[i]);
fail:
    free(found);
    return status;
}

// ---- The whole

// Room for the names of as many classes as there may be, and those that are given.
static vktl_status prepare_names(struct opening *opening, const char *const *classes,
                                 uint32_t class_count)
{
    size_t room = opening->list.count + class_count + 1;
    opening->names = calloc(room, sizeof *opening->names);
    if (!opening->names)
        return log_fail(opening->log, VKTL_NO_MEMORY, "out of host memory");
    opening->classes_are_given = classes != NULL;
    opening->class_count = classes ? class_count : 0;
    for (uint32_t i = 0; i < opening->class_count; i++)
        opening->names[i] = classes[i];
    return VKTL_OK;
}

vktl_status vktl_dataset_open(const struct vktl_log *log, const char *folder,
                              const char *const *classes, uint32_t class_count,
                              struct vktl_dataset **dataset)
{
    vktl_status status = VKTL_OK;
    struct opening opening = {.log = log, .folder = folder};
    *dataset = NULL;
    TRY(folder_list_init(log, folder, &opening.list));
    TRY(prepare_names(&opening, classes, class_count));
    TRY(dataset_create(log, &opening.dataset));
    TRY(add_subfolders(&opening));
    TRY(classes ? check_given_classes(&opening) : check_found_classes(&opening));
    TRY(dataset_name_classes(log, opening.dataset, opening.names, opening.class_count));
    log_info(log, "Found %u images belonging to %u classes.", opening.dataset->count,
             opening.class_count);
    *dataset = opening.dataset;
    opening.dataset = NULL;
fail:
    vktl_dataset_destroy(&opening.dataset);
    free(opening.names);
    folder_list_deinit(&opening.list);
    return status;
}

static vktl_status add_path(const struct vktl_log *log, const char *path,
                            struct vktl_dataset *dataset)
{
    const uint32_t before = dataset->count;
    if (!folder_exists(path)) {
        uint32_t name_start = (uint32_t)(path_name(path) - path);
        return dataset_add(log, dataset, &(struct dataset_item){path, 0, name_start, 0, NULL});
    }
    vktl_status status = dataset_add_folder(log, dataset, path, 0, 0);
    if (status == VKTL_OK && dataset->count == before)
        log_warning(log, "%s: no image in this folder", path);
    return status;
}

vktl_status vktl_dataset_from_paths(const struct vktl_log *log, const char *const *paths,
                                    uint32_t path_count, struct vktl_dataset **dataset)
{
    vktl_status status = VKTL_OK;
    TRY(dataset_create(log, dataset));
    for (uint32_t i = 0; i < path_count; i++)
        TRY(add_path(log, paths[i], *dataset));
    if ((*dataset)->count == 0)
        FAIL(log, VKTL_INPUT, "no image found");
    return VKTL_OK;
fail:
    vktl_dataset_destroy(dataset);
    return status;
}
