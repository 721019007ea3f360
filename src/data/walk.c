// Responsible for finding the images below a folder, in Keras's order: folders sorted by their
// path, then files by their name (flow_from_directory's _iter_valid_files).
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "data/dataset.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_without_case(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool dataset_takes(const char *name)
{
    static const char *const taken[] = {"png", "jpg", "jpeg", "bmp", "ppm", "pgm"};
    const char *extension = path_extension(name);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (equal_without_case(extension, taken[i]))
            return true;
    return false;
}

// Folders without the slash at their end, or "a.b" would come before "a".
static int compare_items(const void *a, const void *b)
{
    const struct dataset_item *x = a, *y = b;
    const uint32_t x_folder = x->name_start - 1, y_folder = y->name_start - 1;
    int order = memcmp(x->path, y->path, x_folder < y_folder ? x_folder : y_folder);
    if (order == 0 && x_folder != y_folder)
        return x_folder < y_folder ? -1 : 1;
    return order ? order : strcmp(x->path + x->name_start, y->path + y->name_start);
}

// Links to folders are not followed, so that every walk ends; hidden names are skipped.
static vktl_status walk(const struct vktl_log *log, struct vktl_dataset *dataset,
                        const char *folder, uint32_t root_length, uint32_t class_index)
{
    vktl_status status = VKTL_OK;
    struct folder_list list;
    char *path = NULL;
    TRY(folder_list_init(log, folder, &list));
    for (size_t i = 0; i < list.count; i++) {
        const struct folder_entry *entry = &list.entries[i];
        if (entry->name[0] == '.')
            continue;
        free(path);
        path = path_join(folder, entry->name);
        TRY_ALLOC(log, path);
        uint32_t name_start = (uint32_t)(path_name(path) - path);
        uint32_t relative_start = root_length + (path[root_length] == '/');
        if (entry->kind == FOLDER_ENTRY_FOLDER && !entry->is_link)
            TRY(walk(log, dataset, path, root_length, class_index));
        else if (entry->kind == FOLDER_ENTRY_FILE && dataset_takes(entry->name))
            TRY(dataset_add(
                log, dataset,
                &(struct dataset_item){path, relative_start, name_start, class_index, NULL}));
    }
fail:
    free(path);
    folder_list_deinit(&list);
    return status;
}

vktl_status dataset_add_folder(const struct vktl_log *log, struct vktl_dataset *dataset,
                               const char *folder, uint32_t root_length, uint32_t class_index)
{
    uint32_t first = dataset->count;
    vktl_status status = walk(log, dataset, folder, root_length, class_index);
    if (dataset->count > first)
        qsort(dataset->items + first, dataset->count - first, sizeof *dataset->items,
              compare_items);
    return status;
}
