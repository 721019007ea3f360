// Responsible for finding and reading the arrays of Keras's HDF5 files. How layers and weights are
// called in them is in keras_h5_names.c; whether they fit a model is the model's business.
//
// Files are not trusted: counts, sizes and nesting are bounded, links that leave the file and data
// stored outside it are refused, and HDF5's own messages are silenced. What HDF5 itself does over a
// forged file is why this runs in a process of its own: see keras_h5.c.
#include "formats/keras_h5_reader.h"

#ifdef VKTL_HDF5
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/files.h"
#include "formats/keras_h5_names.h"
#include "formats/keras_h5_silence.h"

enum { MAX_NAME_SIZE = 4096, MAX_DEPTH = 8, MAX_VISITS = 1 << 20 };
enum { MAX_TEXT_SIZE = 16 << 20 };

struct h5_reader {
    const struct vktl_log *log;
    const char *name; // the path, for messages
    hid_t file;
    struct arena arena; // all strings
    struct keras_h5_entry *entries;
    uint32_t count, capacity;
    uint32_t visits; // links looked at, so that rings of links end
    const char *config;
};

struct names {
    char **name;
    uint32_t count;
    bool found;
};

static vktl_status fail_damaged(const struct h5_reader *file, const char *where)
{
    return log_fail(file->log, VKTL_INPUT,
                    "%s: damaged HDF5 file: '%.200s' cannot be read; copy or download it again",
                    file->name, where);
}

static char *join(struct h5_reader *file, const char *a, const char *b)
{
    const size_t size = strlen(a) + strlen(b) + 2;
    char *joined = arena_alloc(&file->arena, size);
    if (joined)
        snprintf(joined, size, "%s%s%s", a, *a ? "/" : "", b);
    return joined;
}

// Whether a path leads to something within this file: every step of it an ordinary link.
static bool is_inside(const struct h5_reader *file, const char *path)
{
    char prefix[MAX_NAME_SIZE];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof prefix)
        return false;
    for (size_t i = 1; i <= length; i++) {
        H5L_info_t info;
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(prefix, path, i);
        prefix[i] = '\0';
        if (H5Lget_info(file->file, prefix, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
            return false;
    }
    return true;
}

// ---- Attributes that list names

// Strings of varying length: HDF5 allocates each, and takes them back.
static vktl_status read_varying(struct h5_reader *file, hid_t attribute, hid_t type, hid_t space,
                                struct names *names)
{
    vktl_status status = VKTL_OK;
    char **raw = calloc(names->count, sizeof *raw);
    hid_t memory_type = H5Tcopy(H5T_C_S1);
    H5Tset_size(memory_type, H5T_VARIABLE);
    H5Tset_cset(memory_type, H5Tget_cset(type));
    TRY_ALLOC(file->log, raw);
    if (H5Aread(attribute, memory_type, raw) < 0)
        status = fail_damaged(file, "a list of names");
    for (uint32_t i = 0; status == VKTL_OK && i < names->count; i++) {
        names->name[i] = arena_copy_text(&file->arena, raw[i] ? raw[i] : "");
        if (!names->name[i])
            status = log_fail(file->log, VKTL_NO_MEMORY, "out of host memory");
    }
    H5Dvlen_reclaim(memory_type, space, H5P_DEFAULT, raw);
fail:
    H5Tclose(memory_type);
    free(raw);
    return status;
}

// Strings of one length, padded with zeros or not at all.
static vktl_status read_fixed(struct h5_reader *file, hid_t attribute, hid_t type,
                              struct names *names)
{
    vktl_status status = VKTL_OK;
    const size_t size = H5Tget_size(type);
    char *raw = NULL;
    if (size == 0 || size > (names->count == 1 ? MAX_TEXT_SIZE : MAX_NAME_SIZE))
        FAIL(file->log, VKTL_INPUT, "%s: damaged HDF5 file: names of %zu bytes", file->name, size);
    raw = malloc(names->count * size);
    TRY_ALLOC(file->log, raw);
    if (H5Aread(attribute, type, raw) < 0)
        TRY(fail_damaged(file, "a list of names"));
    for (uint32_t i = 0; i < names->count; i++) {
        names->name[i] = arena_alloc(&file->arena, size + 1);
        TRY_ALLOC(file->log, names->name[i]);
        memcpy(names->name[i], raw + i * size, size);
    }
fail:
    free(raw);
    return status;
}

static vktl_status read_open_attribute(struct h5_reader *file, hid_t attribute, struct names *names)
{
    vktl_status status = VKTL_OK;
    hid_t type = H5Aget_type(attribute);
    hid_t space = H5Aget_space(attribute);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count < 0 || count > KERAS_H5_MAX_NAMES)
        TRY(fail_damaged(file, "a list of names"));
    names->count = (uint32_t)count;
    names->name = arena_alloc_array(&file->arena, names->count + 1u, sizeof *names->name);
    TRY_ALLOC(file->log, names->name);
    if (count == 0) // then of whatever type
        goto fail;
    if (H5Tget_class(type) != H5T_STRING)
        TRY(fail_damaged(file, "a list of names"));
    if (H5Tis_variable_str(type) > 0)
        TRY(read_varying(file, attribute, type, space, names));
    else
        TRY(read_fixed(file, attribute, type, names));
fail:
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

static vktl_status read_attribute(struct h5_reader *file, hid_t object, const char *name,
                                  struct names *names)
{
    *names = (struct names){0};
    if (H5Aexists(object, name) <= 0)
        return VKTL_OK;
    names->found = true;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0)
        return fail_damaged(file, name);
    vktl_status status = read_open_attribute(file, attribute, names);
    H5Aclose(attribute);
    return status;
}

static vktl_status append_names(struct h5_reader *file, struct names *all, const struct names *more)
{
    vktl_status status;
    if (more->count > KERAS_H5_MAX_NAMES - all->count)
        FAIL(file->log, VKTL_INPUT, "%s: more than %d layers", file->name, KERAS_H5_MAX_NAMES);
    char **joined = arena_alloc_array(&file->arena, all->count + more->count + 1u, sizeof *joined);
    TRY_ALLOC(file->log, joined);
    for (uint32_t i = 0; i < all->count + more->count; i++)
        joined[i] = i < all->count ? all->name[i] : more->name[i - all->count];
    all->name = joined;
    all->count += more->count;
    all->found = true;
    return VKTL_OK;
fail:
    return status;
}

// Keras splits a list over 64 KB into "layer_names0", "layer_names1", ...
static vktl_status read_names(struct h5_reader *file, hid_t object, const char *name,
                              struct names *names)
{
    vktl_status status;
    TRY(read_attribute(file, object, name, names));
    for (unsigned i = 0; names->found == (i > 0); i++) {
        char part_name[32];
        struct names part;
        snprintf(part_name, sizeof part_name, "%s%u", name, i);
        TRY(read_attribute(file, object, part_name, &part));
        if (!part.found)
            break;
        TRY(append_names(file, names, &part));
    }
    return VKTL_OK;
fail:
    return status;
}

// ---- Arrays

static vktl_status grow(struct h5_reader *file)
{
    if (file->count < file->capacity)
        return VKTL_OK;
    if (file->count >= KERAS_H5_MAX_NAMES)
        return log_fail(file->log, VKTL_INPUT, "%s: more than %d arrays", file->name,
                        KERAS_H5_MAX_NAMES);
    const uint32_t capacity = file->capacity ? 2 * file->capacity : 64;
    struct keras_h5_entry *entries = realloc(file->entries, capacity * sizeof *entries);
    if (!entries)
        return log_fail(file->log, VKTL_NO_MEMORY, "out of host memory");
    file->entries = entries;
    file->capacity = capacity;
    return VKTL_OK;
}

// Floating-point, of a sane shape, and stored in this file.
static bool describe(hid_t dataset, struct shape *shape)
{
    hsize_t dims[SHAPE_MAX_RANK] = {0};
    hid_t type = H5Dget_type(dataset);
    hid_t space = H5Dget_space(dataset);
    hid_t creation = H5Dget_create_plist(dataset);
    const int rank = H5Sget_simple_extent_ndims(space);
    bool ok = H5Tget_class(type) == H5T_FLOAT && rank >= 1 && rank <= SHAPE_MAX_RANK;
    ok = ok && H5Sget_simple_extent_dims(space, dims, NULL) == rank;
    ok = ok && H5Pget_layout(creation) != H5D_VIRTUAL && H5Pget_external_count(creation) == 0;
    *shape = (struct shape){.rank = ok ? (uint32_t)rank : 0};
    for (int i = 0; ok && i < rank; i++) {
        shape->dim[i] = dims[i] <= INT32_MAX ? (uint32_t)dims[i] : 0;
        ok = dims[i] <= INT32_MAX;
    }
    H5Pclose(creation);
    H5Sclose(space);
    H5Tclose(type);
    return ok && shape_is_sane(shape);
}

// `weight` is the path of an array within the group of a layer.
static vktl_status add_entry(struct h5_reader *file, const char *group, const char *weight)
{
    vktl_status status;
    TRY(grow(file));
    struct keras_h5_entry *entry = &file->entries[file->count];
    *entry = (struct keras_h5_entry){.path = join(file, group, weight)};
    TRY_ALLOC(file->log, entry->path);
    entry->name = entry->path + strlen(group) + (*group ? 1 : 0); // until the group is complete
    hid_t dataset = -1;
    if (is_inside(file, entry->path))
        dataset = H5Dopen2(file->file, entry->path, H5P_DEFAULT);
    if (dataset < 0)
        return fail_damaged(file, entry->path);
    entry->readable = describe(dataset, &entry->shape);
    H5Dclose(dataset);
    file->count++;
    return VKTL_OK;
fail:
    return status;
}

static vktl_status collect(struct h5_reader *file, const char *group, const char *below,
                           unsigned depth);

static vktl_status collect_child(struct h5_reader *file, const char *group, const char *path,
                                 unsigned depth)
{
    vktl_status status = VKTL_OK;
    char *whole = join(file, group, path);
    TRY_ALLOC(file->log, whole);
    if (++file->visits > MAX_VISITS)
        TRY(fail_damaged(file, whole));
    if (!is_inside(file, whole))
        return VKTL_OK; // a link to elsewhere
    hid_t object = H5Oopen(file->file, whole, H5P_DEFAULT);
    const H5I_type_t kind = H5Iget_type(object);
    if (object < 0)
        return fail_damaged(file, whole);
    H5Oclose(object);
    if (kind == H5I_DATASET)
        return add_entry(file, group, path);
    if (kind == H5I_GROUP && depth < MAX_DEPTH)
        return collect(file, group, path, depth + 1);
fail:
    return status;
}

// The names of the links in a group, sorted.
static vktl_status read_links(struct h5_reader *file, const char *path, struct names *names)
{
    vktl_status status = VKTL_OK;
    *names = (struct names){.found = true};
    H5G_info_t info;
    if (H5Gget_info_by_name(file->file, path, &info, H5P_DEFAULT) < 0)
        TRY(fail_damaged(file, path));
    if (info.nlinks > KERAS_H5_MAX_NAMES)
        TRY(fail_damaged(file, path));
    names->name = arena_alloc_array(&file->arena, (size_t)info.nlinks + 1, sizeof *names->name);
    TRY_ALLOC(file->log, names->name);
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char name[MAX_NAME_SIZE];
        const ssize_t length = H5Lget_name_by_idx(file->file, path, H5_INDEX_NAME, H5_ITER_INC, i,
                                                  name, sizeof name, H5P_DEFAULT);
        if (length <= 0 || (size_t)length >= sizeof name)
            TRY(fail_damaged(file, path));
        names->name[names->count] = arena_copy_text(&file->arena, name);
        TRY_ALLOC(file->log, names->name[names->count]);
        names->count++;
    }
fail:
    return status;
}

// Adds every array below `group`/`below`.
static vktl_status collect(struct h5_reader *file, const char *group, const char *below,
                           unsigned depth)
{
    vktl_status status;
    struct names names;
    char *whole = join(file, group, below);
    TRY_ALLOC(file->log, whole);
    TRY(read_links(file, whole, &names));
    for (uint32_t i = 0; i < names.count; i++) {
        char *path = join(file, below, names.name[i]);
        TRY_ALLOC(file->log, path);
        TRY(collect_child(file, group, path, depth));
    }
fail:
    return status;
}

// ---- Layers

// Sets layer and name of the group's entries, from `first` on. A group is a layer, unless its
// arrays have different parents: then it is a model, and they are the layers.
static vktl_status name_entries(struct h5_reader *file, const char *layer, uint32_t first)
{
    vktl_status status;
    char parent[KERAS_NAME_SIZE], other[KERAS_NAME_SIZE], name[KERAS_NAME_SIZE];
    bool is_model = false;
    for (uint32_t i = first; i < file->count; i++) {
        keras_h5_parent(file->entries[first].name, parent);
        keras_h5_parent(file->entries[i].name, other);
        is_model = is_model || strcmp(parent, other) != 0;
    }
    for (uint32_t i = first; i < file->count; i++) {
        struct keras_h5_entry *entry = &file->entries[i];
        keras_h5_parent(entry->name, parent);
        entry->layer = arena_copy_text(&file->arena, is_model && *parent ? parent : layer);
        TRY_ALLOC(file->log, entry->layer);
        keras_h5_weight_name(entry->name, entry->layer, name);
        entry->name = arena_copy_text(&file->arena, name);
        TRY_ALLOC(file->log, entry->name);
    }
    return VKTL_OK;
fail:
    return status;
}

static vktl_status read_layer(struct h5_reader *file, const char *root, const char *layer)
{
    vktl_status status;
    struct names weights;
    const uint32_t first = file->count;
    char *path = join(file, root, layer);
    TRY_ALLOC(file->log, path);
    hid_t group = is_inside(file, path) ? H5Gopen2(file->file, path, H5P_DEFAULT) : -1;
    if (group < 0)
        return fail_damaged(file, path);
    status = read_names(file, group, "weight_names", &weights);
    H5Gclose(group);
    TRY(status);
    if (!weights.found)
        TRY(collect(file, path, "", 0));
    for (uint32_t i = 0; i < weights.count; i++)
        TRY(add_entry(file, path, weights.name[i]));
    return name_entries(file, layer, first);
fail:
    return status;
}

static bool is_group(const struct h5_reader *file, const char *path)
{
    hid_t group = is_inside(file, path) ? H5Gopen2(file->file, path, H5P_DEFAULT) : -1;
    if (group < 0)
        return false;
    H5Gclose(group);
    return true;
}

static vktl_status read_layers(struct h5_reader *file)
{
    vktl_status status;
    struct names layers;
    const char *root = "";
    if (H5Aexists(file->file, "layer_names") <= 0 && is_group(file, "model_weights"))
        root = "model_weights";
    hid_t group = H5Gopen2(file->file, *root ? root : "/", H5P_DEFAULT);
    if (group < 0)
        return fail_damaged(file, *root ? root : "/");
    status = read_names(file, group, "layer_names", &layers);
    H5Gclose(group);
    TRY(status);
    const bool is_listed = layers.found;
    if (!is_listed && is_group(file, "layers"))
        FAIL(file->log, VKTL_INPUT,
             "%s: Keras 3's .weights.h5 names weights by class and not by layer; save the model "
             "with model.save(\"model.h5\") instead",
             file->name);
    if (!is_listed)
        TRY(read_links(file, *root ? root : "/", &layers));
    for (uint32_t i = 0; i < layers.count; i++) {
        char *path = join(file, root, layers.name[i]);
        TRY_ALLOC(file->log, path);
        if (is_listed || is_group(file, path))
            TRY(read_layer(file, root, layers.name[i]));
    }
    return VKTL_OK;
fail:
    return status;
}

// ---- Opening, reading, closing

// Without a lock: it is only read, and not every file system knows locks.
static hid_t open_to_read(const char *name)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access, 0, 1);
#endif
    const hid_t file = H5Fopen(name, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

static vktl_status open_file(struct h5_reader *file)
{
    if (!file_exists(file->name))
        return log_fail(file->log, VKTL_INPUT, "%s: there is no such file", file->name);
    file->file = open_to_read(file->name);
    if (file->file < 0)
        return log_fail(file->log, VKTL_INPUT, "%s: not an HDF5 file, or cut short", file->name);
    struct names config;
    vktl_status status = read_attribute(file, file->file, "model_config", &config);
    if (status == VKTL_OK && config.count == 1)
        file->config = config.name[0];
    return status == VKTL_OK ? read_layers(file) : status;
}

vktl_status h5_reader_open(const struct vktl_log *log, const char *path, struct h5_reader **out)
{
    vktl_status status;
    struct silence silence;
    struct h5_reader *file = calloc(1, sizeof *file);
    *out = NULL;
    TRY_ALLOC(log, file);
    file->log = log;
    file->file = H5I_INVALID_HID;
    file->name = arena_copy_text(&file->arena, path);
    TRY_ALLOC(log, file->name);
    silence_begin(&silence);
    status = open_file(file);
    silence_end(&silence);
    TRY(status);
    *out = file;
    return VKTL_OK;
fail:
    h5_reader_close(&file);
    return status;
}

void h5_reader_close(struct h5_reader **file)
{
    struct silence silence;
    if (!*file)
        return;
    silence_begin(&silence);
    if ((*file)->file >= 0)
        H5Fclose((*file)->file);
    silence_end(&silence);
    free((*file)->entries);
    arena_deinit(&(*file)->arena);
    free(*file);
    *file = NULL;
}

const char *h5_reader_config(const struct h5_reader *file)
{
    return file->config;
}

uint32_t h5_reader_count(const struct h5_reader *file)
{
    return file->count;
}

const struct keras_h5_entry *h5_reader_at(const struct h5_reader *file, uint32_t index)
{
    vktl_assert(index < file->count);
    return &file->entries[index];
}

vktl_status h5_reader_read(struct h5_reader *file, uint32_t index, float *values)
{
    const struct keras_h5_entry *entry = h5_reader_at(file, index);
    struct silence silence;
    if (!entry->readable)
        return log_fail(file->log, VKTL_INPUT,
                        "%s: '%.200s' is not an array of floating-point numbers with one to four "
                        "axes",
                        file->name, entry->path);
    silence_begin(&silence);
    hid_t dataset = H5Dopen2(file->file, entry->path, H5P_DEFAULT);
    herr_t result = -1;
    if (dataset >= 0)
        result = H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    silence_end(&silence);
    return result < 0 ? fail_damaged(file, entry->path) : VKTL_OK;
}

#else
// An empty translation unit is not C.
typedef int h5_reader_is_left_out;
#endif
