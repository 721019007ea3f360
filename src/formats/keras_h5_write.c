// Responsible for writing Keras 2's HDF5 files, the way its save_model_to_hdf5 and
// save_weights_to_hdf5_group do (keras/src/legacy/saving/legacy_h5_format.py); reading is in
// keras_h5.c.
//
// Texts are of varying length, as h5py stores Python's; lists of names are of one length, padded
// with zeros, as it stores NumPy's. Times are left out, so that the same model gives the same
// bytes.
#include "formats/keras_h5.h"

#ifdef VKTL_HDF5
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "formats/keras_h5_silence.h"

#define KERAS_VERSION "2.15.0"
#define KERAS_BACKEND "tensorflow"

// Keras's HDF5_OBJECT_HEADER_LIMIT: an attribute in HDF5's older format is smaller than 64 KiB.
enum { ATTRIBUTE_LIMIT = 64512 };

// Every function here returns whether all went well; ids that are not valid are refused by HDF5.

// ---- Attributes

static bool write_attribute(hid_t object, const char *name, hid_t type, hid_t space,
                            const void *bytes)
{
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0)
        return false;
    const bool ok = !bytes || H5Awrite(attribute, type, bytes) >= 0;
    return H5Aclose(attribute) >= 0 && ok;
}

static bool write_text(hid_t object, const char *name, const char *text)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    const hid_t space = H5Screate(H5S_SCALAR);
    const bool ok = H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
                    write_attribute(object, name, type, space, &text);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

// `count` names of at most `size` bytes. NumPy makes an empty list one of float64.
static bool write_list(hid_t object, const char *name, const char *const *names, uint32_t count,
                       size_t size)
{
    const hsize_t length = count;
    const hid_t type = H5Tcopy(count ? H5T_C_S1 : H5T_IEEE_F64LE);
    const hid_t space = H5Screate_simple(1, &length, NULL);
    char *bytes = calloc(count + (size_t)1, size);
    bool ok = bytes != NULL;
    if (count)
        ok = ok && H5Tset_size(type, size) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0;
    for (uint32_t i = 0; ok && i < count; i++)
        memcpy(bytes + i * size, names[i], strlen(names[i]));
    ok = ok && write_attribute(object, name, type, space, count ? bytes : NULL);
    free(bytes);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

// In parts "name0", "name1", ... of nearly the same length where the list is too long for one, as
// numpy.array_split makes them: the first ones are longer by one.
static bool write_names(hid_t object, const char *name, const char *const *names, uint32_t count)
{
    size_t size = 1;
    uint32_t parts = 1;
    for (uint32_t i = 0; i < count; i++)
        size = strlen(names[i]) > size ? strlen(names[i]) : size;
    if (size > ATTRIBUTE_LIMIT)
        return false;
    while (((uint64_t)count + parts - 1) / parts * size > ATTRIBUTE_LIMIT)
        parts++;
    if (parts == 1)
        return write_list(object, name, names, count, size);
    bool ok = true;
    for (uint32_t part = 0; ok && part < parts; part++) {
        char part_name[32];
        const uint32_t length = count / parts + (part < count % parts);
        snprintf(part_name, sizeof part_name, "%s%u", name, part);
        ok = write_list(object, part_name, names, length, size);
        names += length;
    }
    return ok;
}

// ---- Groups and arrays

// For links: the groups on the way are made.
static hid_t on_the_way(void)
{
    const hid_t list = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(list, 1);
    return list;
}

// One that is there already was made on the way to another layer's.
static hid_t make_group(hid_t parent, const char *name)
{
    const hid_t links = on_the_way();
    hid_t group = H5Gcreate2(parent, name, links, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        group = H5Gopen2(parent, name, H5P_DEFAULT);
    H5Pclose(links);
    return group;
}

static bool write_array(hid_t group, const char *path, const struct keras_h5_weight *weight)
{
    hsize_t dims[SHAPE_MAX_RANK] = {0};
    for (uint32_t i = 0; i < weight->shape.rank; i++)
        dims[i] = weight->shape.dim[i];
    const hid_t links = on_the_way();
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple((int)weight->shape.rank, dims, NULL);
    H5Pset_obj_track_times(creation, 0);
    const hid_t dataset =
        H5Dcreate2(group, path, H5T_IEEE_F32LE, space, links, creation, H5P_DEFAULT);
    bool ok = dataset >= 0 && H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                       weight->values) >= 0;
    ok = dataset >= 0 && H5Dclose(dataset) >= 0 && ok;
    H5Sclose(space);
    H5Pclose(creation);
    H5Pclose(links);
    return ok;
}

// Keras 2's names: "block1_conv1/kernel:0".
static char *weight_path(const struct keras_h5_layer *layer, uint32_t index)
{
    const char *name = layer->weights[index].name;
    const size_t size = strlen(layer->name) + strlen(name) + sizeof "/:0";
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s:0", layer->name, name);
    return path;
}

static bool write_layer(hid_t parent, const struct keras_h5_layer *layer)
{
    char *paths[KERAS_H5_MAX_WEIGHTS] = {NULL};
    bool ok = true;
    vktl_assert(layer->weight_count <= KERAS_H5_MAX_WEIGHTS);
    const hid_t group = make_group(parent, layer->name);
    for (uint32_t i = 0; i < layer->weight_count; i++) {
        paths[i] = weight_path(layer, i);
        ok = ok && paths[i];
    }
    ok = ok && write_names(group, "weight_names", (const char *const *)paths, layer->weight_count);
    for (uint32_t i = 0; ok && i < layer->weight_count; i++)
        ok = write_array(group, paths[i], &layer->weights[i]);
    for (uint32_t i = 0; i < layer->weight_count; i++)
        free(paths[i]);
    return group >= 0 && H5Gclose(group) >= 0 && ok;
}

static int compare_layers(const void *a, const void *b)
{
    const struct keras_h5_layer *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

// The list in the model's order, the groups sorted.
static bool write_layers(hid_t group, const struct keras_h5_model *model)
{
    static const struct keras_h5_layer top_level = {.name = "top_level_model_weights"};
    const char **names = calloc(model->layer_count + 1u, sizeof *names);
    const struct keras_h5_layer **sorted = calloc(model->layer_count + 1u, sizeof *sorted);
    bool ok = names && sorted;
    for (uint32_t i = 0; ok && i < model->layer_count; i++) {
        names[i] = model->layers[i].name;
        sorted[i] = &model->layers[i];
    }
    ok = ok && write_names(group, "layer_names", names, model->layer_count) &&
         write_text(group, "backend", KERAS_BACKEND) &&
         write_text(group, "keras_version", KERAS_VERSION);
    if (ok)
        qsort(sorted, model->layer_count, sizeof *sorted, compare_layers);
    for (uint32_t i = 0; ok && i < model->layer_count; i++)
        ok = write_layer(group, sorted[i]);
    free(names);
    free(sorted);
    return ok && write_layer(group, &top_level);
}

// ---- The file

static bool write_model(hid_t file, const struct keras_h5_model *model)
{
    if (!model->config)
        return write_layers(file, model);
    if (!write_text(file, "keras_version", KERAS_VERSION) ||
        !write_text(file, "backend", KERAS_BACKEND) ||
        !write_text(file, "model_config", model->config))
        return false;
    const hid_t group = make_group(file, "model_weights");
    const bool ok = write_layers(group, model);
    return group >= 0 && H5Gclose(group) >= 0 && ok;
}

// In memory: where HDF5 meets a full disk it says no reason, and crashes when the program ends.
static hid_t create_in_memory(const char *name)
{
    enum { GROWTH = 1 << 24 };
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, GROWTH, 0);
    const hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    return file;
}

// Whether HDF5 gave its bytes; `status` is what came of writing them.
static bool write_bytes(hid_t file, struct file_writer *writer, vktl_status *status)
{
    // The flags of a file that is open, in superblocks of version 0, which we make.
    enum { FLAGS_PLACE = 20, FLAGS_SIZE = 4 };
    void *memory = NULL; // HDF5's pointer to the bytes
    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 || H5Fget_vfd_handle(file, H5P_DEFAULT, &memory) < 0)
        return false;
    const ssize_t size = H5Fget_file_image(file, NULL, 0); // its end, not that of its memory
    if (size < FLAGS_PLACE + FLAGS_SIZE)
        return false;
    memset(*(unsigned char **)memory + FLAGS_PLACE, 0, FLAGS_SIZE);
    *status = file_writer_write(writer, *(void **)memory, (size_t)size);
    return true;
}

static vktl_status write_file(struct file_writer *writer, const struct keras_h5_model *model)
{
    vktl_status status = VKTL_OK;
    struct silence silence;
    silence_begin(&silence);
    const hid_t file = create_in_memory(writer->path);
    const bool is_made =
        file >= 0 && write_model(file, model) && write_bytes(file, writer, &status);
    if (file >= 0)
        H5Fclose(file);
    silence_end(&silence);
    // There is nothing else that it could lack.
    return is_made ? status
                   : log_fail(writer->log, VKTL_NO_MEMORY, "%s: out of host memory", writer->path);
}

// HDF5 gives paths a meaning of its own: steps that are empty or "." lead elsewhere.
static bool is_path(const char *name)
{
    for (const char *step = name;; step++) {
        const size_t length = strcspn(step, "/");
        if (length == 0 || (length == 1 && *step == '.'))
            return false;
        step += length;
        if (!*step)
            return true;
    }
}

vktl_status keras_h5_write(const struct vktl_log *log, const char *path,
                           const struct keras_h5_model *model)
{
    vktl_status status;
    struct file_writer writer = {.descriptor = -1};
    for (uint32_t i = 0; i < model->layer_count; i++)
        if (!is_path(model->layers[i].name))
            FAIL(log, VKTL_INPUT, "%s: HDF5 cannot hold a layer called '%.80s'", path,
                 model->layers[i].name);
    TRY(file_writer_init(log, path, &writer));
    TRY(write_file(&writer, model));
    TRY(file_writer_commit(&writer));
fail:
    file_writer_deinit(&writer);
    return status;
}

#else
// An empty translation unit is not C.
typedef int keras_h5_write_is_left_out;
#endif
