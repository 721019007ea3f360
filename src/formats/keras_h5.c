// Responsible for reading Keras's HDF5 files without trusting HDF5: the reader runs in a process of
// its own, which hands over the list of arrays, and their values when they are asked for. A file
// that makes HDF5 crash, leak, write where it should not or go round in circles ends that process,
// and is a damaged file here.
//
// The child is trusted as little as the file is. It says, in this order: messages and a status;
// after VKTL_OK the model's text and the arrays; then, for each index that it is sent, messages and
// a status again, and after VKTL_OK the values.
#include "formats/keras_h5.h"

#ifdef VKTL_HDF5
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "base/arena.h"
#include "base/files.h"
#include "formats/keras_h5_reader.h"

struct keras_h5 {
    const struct vktl_log *log;
    const char *name; // the path, for messages
    struct apart *child;
    struct arena arena; // all strings
    struct keras_h5_entry *entries;
    uint32_t count;
    const char *config;
    uint64_t text_size; // received so far
};

enum { SAYS_MESSAGE = 1, SAYS_STATUS, MESSAGE_SIZE = 4096, MAX_TEXT_SIZE = 64 << 20 };

// More than any machine needs for a sound file, whatever is packed in it.
enum { LEAST_SECONDS = 5, BYTES_A_SECOND = 4 << 20 };
static const uint64_t most_memory = UINT64_C(4) << 30;

static const uint32_t no_text = UINT32_MAX;

// ---- The child

struct job {
    const char *path;
};

static bool send_u32(struct apart *line, uint32_t number)
{
    return apart_send(line, &number, sizeof number);
}

static bool send_text(struct apart *line, const char *text)
{
    const size_t size = text ? strlen(text) : 0;
    if (!text || size >= no_text)
        return send_u32(line, no_text);
    return send_u32(line, (uint32_t)size) && apart_send(line, text, size);
}

static void send_message(void *user, enum vktl_log_level level, const char *sentence)
{
    struct apart *line = user;
    if (send_u32(line, SAYS_MESSAGE) && send_u32(line, level))
        send_text(line, sentence);
}

static bool send_status(struct apart *line, vktl_status status)
{
    return send_u32(line, SAYS_STATUS) && send_u32(line, status) && status == VKTL_OK;
}

static bool send_list(struct apart *line, const struct h5_reader *reader)
{
    const uint32_t count = h5_reader_count(reader);
    bool is_sent = send_text(line, h5_reader_config(reader)) && send_u32(line, count);
    for (uint32_t i = 0; is_sent && i < count; i++) {
        const struct keras_h5_entry *entry = h5_reader_at(reader, i);
        is_sent = send_text(line, entry->layer) && send_text(line, entry->name) &&
                  send_text(line, entry->path) && send_u32(line, entry->readable) &&
                  apart_send(line, &entry->shape, sizeof entry->shape);
    }
    return is_sent;
}

static bool send_values(struct apart *line, const struct vktl_log *log, struct h5_reader *reader,
                        uint32_t index)
{
    const struct keras_h5_entry *entry = h5_reader_at(reader, index);
    const size_t size = entry->readable ? (size_t)shape_size(&entry->shape) : 1;
    float *values = malloc(size);
    const vktl_status status = values ? h5_reader_read(reader, index, values)
                                      : log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    const bool is_alive = status != VKTL_OK
                              ? (send_status(line, status), true)
                              : send_status(line, status) && apart_send(line, values, size);
    free(values);
    return is_alive;
}

static void serve(struct apart *line, void *user)
{
    const struct job *job = user;
    const struct vktl_log log = {send_message, line};
    struct h5_reader *reader;
    uint32_t index;
    bool is_alive =
        send_status(line, h5_reader_open(&log, job->path, &reader)) && send_list(line, reader);
    while (is_alive && apart_receive(line, &index, sizeof index))
        is_alive = index < h5_reader_count(reader) && send_values(line, &log, reader, index);
    // The system releases what is left: no more work for HDF5.
}

// ---- This side

static vktl_status fail_lost(struct keras_h5 *file)
{
    char how[APART_END_SIZE];
    apart_end(&file->child, how);
    return log_fail(file->log, VKTL_INPUT,
                    "%s: damaged HDF5 file: the HDF5 library could not cope with it (%s); copy or "
                    "download it again",
                    file->name, *how ? how : "it says nothing");
}

static bool receive_u32(struct keras_h5 *file, uint32_t *number)
{
    return apart_receive(file->child, number, sizeof *number);
}

// In the file's memory; NULL for none.
static vktl_status receive_text(struct keras_h5 *file, char **text)
{
    vktl_status status = VKTL_OK;
    uint32_t size;
    *text = NULL;
    if (!receive_u32(file, &size))
        return fail_lost(file);
    if (size == no_text)
        return VKTL_OK;
    file->text_size += size;
    if (file->text_size > MAX_TEXT_SIZE)
        FAIL(file->log, VKTL_INPUT, "%s: damaged HDF5 file: names of %llu bytes", file->name,
             (unsigned long long)file->text_size);
    *text = arena_alloc(&file->arena, (size_t)size + 1);
    TRY_ALLOC(file->log, *text);
    if (!apart_receive(file->child, *text, size))
        return fail_lost(file);
fail:
    return status;
}

static vktl_status receive_message(struct keras_h5 *file)
{
    char sentence[MESSAGE_SIZE];
    uint32_t level, size;
    if (!receive_u32(file, &level) || level > VKTL_LOG_DEBUG || !receive_u32(file, &size) ||
        size >= sizeof sentence || !apart_receive(file->child, sentence, size))
        return fail_lost(file);
    sentence[size] = '\0';
    log_write(file->log, (enum vktl_log_level)level, "%s", sentence);
    return VKTL_OK;
}

// How the child fared, after its messages, which are passed on.
static vktl_status receive_status(struct keras_h5 *file)
{
    vktl_status status;
    uint32_t kind, found;
    while (receive_u32(file, &kind)) {
        if (kind == SAYS_STATUS && receive_u32(file, &found) && found <= VKTL_INTERRUPTED)
            return (vktl_status)found;
        if (kind != SAYS_MESSAGE)
            break;
        TRY(receive_message(file));
    }
    return fail_lost(file);
fail:
    return status;
}

static vktl_status receive_entry(struct keras_h5 *file)
{
    vktl_status status;
    struct keras_h5_entry *entry = &file->entries[file->count];
    uint32_t readable;
    char **const texts[] = {&entry->layer, &entry->name, &entry->path};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        TRY(receive_text(file, texts[i]));
        if (!*texts[i])
            return fail_lost(file);
    }
    if (!receive_u32(file, &readable) ||
        !apart_receive(file->child, &entry->shape, sizeof entry->shape))
        return fail_lost(file);
    entry->readable = readable == 1 && entry->shape.rank >= 1 &&
                      entry->shape.rank <= SHAPE_MAX_RANK && shape_is_sane(&entry->shape);
    file->count++;
    return VKTL_OK;
fail:
    return status;
}

static vktl_status receive_list(struct keras_h5 *file)
{
    vktl_status status;
    char *config;
    uint32_t count;
    TRY(receive_text(file, &config));
    file->config = config;
    if (!receive_u32(file, &count) || count > KERAS_H5_MAX_NAMES)
        return fail_lost(file);
    file->entries = calloc((size_t)count + 1, sizeof *file->entries);
    TRY_ALLOC(file->log, file->entries);
    while (file->count < count)
        TRY(receive_entry(file));
fail:
    return status;
}

static vktl_status start(struct keras_h5 *file)
{
    vktl_status status;
    uint64_t size;
    struct job job = {file->name};
    if (!file_size(file->name, &size))
        FAIL(file->log, VKTL_INPUT, "%s: there is no such file", file->name);
    const uint64_t seconds = LEAST_SECONDS + size / BYTES_A_SECOND;
    const struct apart_limits limits = {seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX,
                                        most_memory + 2 * size};
    file->child = apart_start(&limits, serve, &job);
    if (!file->child)
        FAIL(file->log, VKTL_NO_MEMORY, "%s: no process can be started to read it", file->name);
    TRY(receive_status(file));
    TRY(receive_list(file));
fail:
    return status;
}

vktl_status keras_h5_open(const struct vktl_log *log, const char *path, struct keras_h5 **out)
{
    vktl_status status;
    struct keras_h5 *file = calloc(1, sizeof *file);
    *out = NULL;
    TRY_ALLOC(log, file);
    file->log = log;
    file->name = arena_copy_text(&file->arena, path);
    TRY_ALLOC(log, file->name);
    TRY(start(file));
    *out = file;
    return VKTL_OK;
fail:
    keras_h5_close(&file);
    return status;
}

void keras_h5_close(struct keras_h5 **file)
{
    if (!*file)
        return;
    apart_end(&(*file)->child, NULL);
    free((*file)->entries);
    arena_deinit(&(*file)->arena);
    free(*file);
    *file = NULL;
}

const char *keras_h5_config(const struct keras_h5 *file)
{
    return file->config;
}

uint32_t keras_h5_count(const struct keras_h5 *file)
{
    return file->count;
}

const struct keras_h5_entry *keras_h5_at(const struct keras_h5 *file, uint32_t index)
{
    vktl_assert(index < file->count);
    return &file->entries[index];
}

vktl_status keras_h5_read(struct keras_h5 *file, uint32_t index, float *values)
{
    vktl_status status;
    const struct keras_h5_entry *entry = keras_h5_at(file, index);
    if (!file->child) // lost by an earlier array, and said so
        return VKTL_INPUT;
    if (!apart_send(file->child, &index, sizeof index))
        return fail_lost(file);
    TRY(receive_status(file));
    if (!entry->readable || !apart_receive(file->child, values, (size_t)shape_size(&entry->shape)))
        return fail_lost(file);
fail:
    return status;
}

#else
// An empty translation unit is not C.
typedef int keras_h5_is_left_out;
#endif
