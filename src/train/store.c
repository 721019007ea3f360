// Responsible for where features lie on disk, and how much of it they take. Files are
// base/records.c's, what a key is made of feed_features.c's.
#include "train/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/locks.h"
#include "base/records.h"

struct store {
    const struct vktl_log *log;
    struct records *records;
    char *folder, *path;
    uint64_t limit;
    uint64_t feature_count;
};

static char *own_folder(void)
{
    char *cache = NULL, *folder = NULL;
    if (folder_cache(NULL, &cache) == VKTL_OK)
        folder = path_join(cache, "features");
    free(cache);
    return folder;
}

static char *own_path(const char *folder, struct hash recipe)
{
    char name[48];
    snprintf(name, sizeof name, "%016" PRIx64 "%016" PRIx64 ".bin", recipe.half[0], recipe.half[1]);
    return path_join(folder, name);
}

struct store *store_open(const struct vktl_log *log, const struct plan *plan, uint64_t limit)
{
    const struct hash recipe = plan_recipe(plan);
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->log = log;
    store->limit = limit;
    store->feature_count = plan_feature_count(plan);
    store->folder = own_folder();
    if (store->folder && folder_create_all(NULL, store->folder) == VKTL_OK)
        store->path = own_path(store->folder, recipe);
    if (store->path)
        folder_clean(store->folder);
    if (store->path)
        store->records =
            records_open(log, store->path, recipe, store->feature_count * sizeof(float));
    if (store->records)
        return store;
    log_warning(log, "%s: cannot be used, so the frozen base's output is not kept for later runs",
                store->folder ? store->folder : "the user's cache folder");
    store_close(&store);
    return NULL;
}

void store_close(struct store **store)
{
    if (!*store)
        return;
    records_close(&(*store)->records);
    free((*store)->folder);
    free((*store)->path);
    free(*store);
    *store = NULL;
}

uint64_t store_size_of(uint64_t feature_count, uint64_t count)
{
    return records_size_of(feature_count * sizeof(float), count);
}

// Records of a file that may be as large as all of them together.
static uint64_t capacity(const struct store *store)
{
    const uint64_t empty = store_size_of(store->feature_count, 0);
    const uint64_t record = store_size_of(store->feature_count, 1) - empty;
    return store->limit > empty ? (store->limit - empty) / record : 0;
}

bool store_reserve(struct store *store, uint64_t more, uint64_t all)
{
    if (!store)
        return false;
    const uint64_t most = capacity(store);
    if (records_count(store->records) + more > most) {
        if (!records_clear(store->records))
            return false;
        more = all;
    }
    const uint64_t growth = store_size_of(store->feature_count, more < most ? more : most);
    folder_shrink(store->folder, store->path, store->limit > growth ? store->limit - growth : 0);
    return more <= most;
}

bool store_has(const struct store *store, struct hash key)
{
    uint64_t number;
    return store && records_find(store->records, key, &number);
}

bool store_get(struct store *store, struct hash key, float *features)
{
    uint64_t number;
    return store && records_find(store->records, key, &number) &&
           records_read(store->records, number, key, features);
}

void store_put(struct store *store, struct hash key, const float *features)
{
    if (store)
        records_add(store->records, key, features);
}
