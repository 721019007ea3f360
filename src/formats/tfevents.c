// Responsible for writing TensorBoard's event files: protobuf messages, their framing, the file.
// Which scalars a run has is the trainer's.
#include "formats/tfevents.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/text.h"

// ---- Protobuf ----------------------------------------------------------------------------------

// The numbers of fields that we write, as event.proto and summary.proto give them.
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { EVENT_SESSION_LOG = 7, SESSION_LOG_STATUS = 1, SESSION_LOG_START = 1 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE_VALUE = 2 };

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static void put_varint(struct text *message, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        text_append_bytes(message, &(unsigned char){(unsigned char)(number | 0x80)}, 1);
    text_append_bytes(message, &(unsigned char){(unsigned char)number}, 1);
}

static void put_key(struct text *message, uint32_t field, enum wire wire)
{
    put_varint(message, (uint64_t)field << 3 | wire);
}

// The low `size` bytes, lowest first.
static void put_fixed(struct text *message, uint64_t bits, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text_append_bytes(message, &(unsigned char){(unsigned char)(bits >> (8 * i))}, 1);
}

static void put_bytes(struct text *message, uint32_t field, const void *bytes, size_t size)
{
    put_key(message, field, WIRE_BYTES);
    put_varint(message, size);
    text_append_bytes(message, bytes, size);
}

// A message within a message.
static void put_message(struct text *message, uint32_t field, const struct text *inner)
{
    message->failed = message->failed || inner->failed;
    put_bytes(message, field, inner->data, inner->length);
}

// What every event begins with.
static void put_event(struct text *event, int64_t step)
{
    struct timespec now = {0};
    double seconds;
    uint64_t bits;
    timespec_get(&now, TIME_UTC);
    seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    memcpy(&bits, &seconds, sizeof bits);
    put_key(event, EVENT_WALL_TIME, WIRE_FIXED64);
    put_fixed(event, bits, sizeof bits);
    put_key(event, EVENT_STEP, WIRE_VARINT);
    put_varint(event, (uint64_t)step);
}

static void put_scalar(struct text *event, const char *tag, float number)
{
    struct text value, summary;
    uint32_t bits;
    text_init(&value);
    text_init(&summary);
    memcpy(&bits, &number, sizeof bits);
    put_bytes(&value, VALUE_TAG, tag, strlen(tag));
    put_key(&value, VALUE_SIMPLE_VALUE, WIRE_FIXED32);
    put_fixed(&value, bits, sizeof bits);
    put_message(&summary, SUMMARY_VALUE, &value);
    put_message(event, EVENT_SUMMARY, &summary);
    text_deinit(&value);
    text_deinit(&summary);
}

// ---- Records -----------------------------------------------------------------------------------

// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), masked as TFRecords are: a checksum of
// data that holds checksums would otherwise be a weak one.
static uint32_t masked_crc(const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= byte[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static vktl_status fail_writing(const struct tfevents *events)
{
    return log_fail(events->log, VKTL_IO, "%s cannot be written: %s", events->path,
                    strerror(errno));
}

static vktl_status write_record(struct tfevents *events, const struct text *event)
{
    vktl_status status;
    struct text record;
    text_init(&record);
    TRY(text_status(events->log, event));
    put_fixed(&record, event->length, sizeof(uint64_t));
    if (!record.failed)
        put_fixed(&record, masked_crc(record.data, record.length), sizeof(uint32_t));
    text_append_bytes(&record, event->data, event->length);
    put_fixed(&record, masked_crc(event->data, event->length), sizeof(uint32_t));
    TRY(text_status(events->log, &record));
    if (fwrite(record.data, 1, record.length, events->file) != record.length)
        status = fail_writing(events);
fail:
    text_deinit(&record);
    return status;
}

// ---- Files -------------------------------------------------------------------------------------

static const char name_start[] = "events.out.tfevents.";

// The time for the name of a file that is to come after those of the folder, also where the clock
// has been put back since they were made.
static vktl_status next_time(const struct vktl_log *log, const char *folder, int64_t *next)
{
    vktl_status status;
    struct folder_list list;
    const int64_t now = (int64_t)time(NULL);
    int64_t latest = 0;
    TRY(folder_list_init(log, folder, &list));
    for (size_t i = 0; i < list.count; i++) {
        const char *name = list.entries[i].name;
        const bool is_ours = strncmp(name, name_start, sizeof name_start - 1) == 0;
        const int64_t found = is_ours ? strtoll(name + sizeof name_start - 1, NULL, 10) : 0;
        latest = found > latest && found < INT64_MAX ? found : latest;
    }
    folder_list_deinit(&list);
    *next = latest > now ? latest + 1 : now;
fail:
    return status;
}

// Readers take every file whose name holds "tfevents", in the order of their names: the time comes
// first, and a number that tells runs of one second apart.
static vktl_status create_file(struct tfevents *events, const char *folder)
{
    char name[96];
    int64_t seconds;
    const vktl_status status = next_time(events->log, folder, &seconds);
    if (status != VKTL_OK)
        return status;
    for (uint32_t i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "%s%010" PRId64 ".vktl.%04" PRIu32 ".v2", name_start, seconds,
                 i);
        events->path = path_join(folder, name);
        if (!events->path)
            return log_fail(events->log, VKTL_NO_MEMORY, "out of host memory");
        events->file = fopen(events->path, "wbx");
        if (events->file)
            return VKTL_OK;
        if (errno != EEXIST)
            break;
        free(events->path);
        events->path = NULL;
    }
    return events->path ? fail_writing(events)
                        : log_fail(events->log, VKTL_IO, "%s: too many event files", folder);
}

static vktl_status write_opening(struct tfevents *events, int64_t first_step)
{
    static const char version[] = "brain.Event:2";
    static const unsigned char session[] = {SESSION_LOG_STATUS << 3 | WIRE_VARINT,
                                            SESSION_LOG_START};
    vktl_status status;
    struct text event;
    text_init(&event);
    put_event(&event, 0);
    put_bytes(&event, EVENT_FILE_VERSION, version, sizeof version - 1);
    TRY(write_record(events, &event));
    text_deinit(&event);
    put_event(&event, first_step);
    put_bytes(&event, EVENT_SESSION_LOG, session, sizeof session);
    TRY(write_record(events, &event));
    TRY(tfevents_flush(events));
fail:
    text_deinit(&event);
    return status;
}

vktl_status tfevents_open(const struct vktl_log *log, const char *folder, int64_t first_step,
                          struct tfevents *events)
{
    vktl_status status;
    *events = (struct tfevents){.log = log};
    TRY(folder_create_all(log, folder));
    TRY(create_file(events, folder));
    TRY(write_opening(events, first_step));
fail:
    return status;
}

void tfevents_close(struct tfevents *events)
{
    if (events->file)
        fclose(events->file);
    free(events->path);
    *events = (struct tfevents){0};
}

vktl_status tfevents_scalar(struct tfevents *events, const char *tag, int64_t step, float value)
{
    struct text event;
    text_init(&event);
    put_event(&event, step);
    put_scalar(&event, tag, value);
    const vktl_status status = write_record(events, &event);
    text_deinit(&event);
    return status;
}

vktl_status tfevents_flush(struct tfevents *events)
{
    return fflush(events->file) == 0 ? VKTL_OK : fail_writing(events);
}
