// Responsible for files of records: finding, reading, adding. What is in a record, how many there
// may be and when they are out of date is the callers' business.
#include "base/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

// The file: this header, then records of a head and a payload each.
struct header {
    char magic[8];
    struct hash kind;
    uint64_t payload_size;
};

struct head {
    struct hash key, checksum; // of key and payload
};

// What is known of a record, found by its key: open addressing.
struct known {
    struct hash key;
    uint64_t number; // + 1; 0: empty; DAMAGED: the record cannot be read
};
#define DAMAGED UINT64_MAX

struct records {
    const struct vktl_log *log;
    char *path;
    int descriptor; // -1: there is no file
    struct header header;
    uint64_t count;
    struct known *table;
    uint64_t table_size;   // a power of two, more than twice the count
    unsigned char *buffer; // of one record
    bool is_full;          // nothing more is added
};

static const char magic[8] = "vktlrec1";

static size_t record_size(const struct records *records)
{
    return sizeof(struct head) + (size_t)records->header.payload_size;
}

uint64_t records_size_of(size_t payload_size, uint64_t count)
{
    return sizeof(struct header) + count * (sizeof(struct head) + payload_size);
}

static off_t place_of(const struct records *records, uint64_t number)
{
    return (off_t)records_size_of((size_t)records->header.payload_size, number);
}

static struct hash checksum(const struct records *records, struct hash key, const void *payload)
{
    return hash_bytes(key, payload, (size_t)records->header.payload_size);
}

// ---- Bytes -------------------------------------------------------------------------------------

static bool read_at(int descriptor, void *bytes, size_t size, off_t place)
{
    for (size_t done = 0; done < size;) {
        const ssize_t count =
            pread(descriptor, (char *)bytes + done, size - done, place + (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

static bool write_at(int descriptor, const void *bytes, size_t size, off_t place)
{
    for (size_t done = 0; done < size;) {
        const ssize_t count =
            pwrite(descriptor, (const char *)bytes + done, size - done, place + (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

// ---- What is known -----------------------------------------------------------------------------

// The place of a key in the table, or the empty one where it belongs.
static struct known *slot_of(struct known *table, uint64_t size, struct hash key)
{
    uint64_t at = key.half[0] & (size - 1);
    while (table[at].number && !hash_equal(table[at].key, key))
        at = (at + 1) & (size - 1);
    return &table[at];
}

static bool grow(struct records *records)
{
    enum { FIRST_SIZE = 256 };
    const uint64_t size = records->table_size ? 2 * records->table_size : FIRST_SIZE;
    struct known *table = calloc(size, sizeof *table);
    if (!table)
        return false;
    for (uint64_t i = 0; i < records->table_size; i++)
        if (records->table[i].number)
            *slot_of(table, size, records->table[i].key) = records->table[i];
    free(records->table);
    records->table = table;
    records->table_size = size;
    return true;
}

static bool note(struct records *records, struct hash key)
{
    if (2 * (records->count + 1) >= records->table_size && !grow(records))
        return false;
    *slot_of(records->table, records->table_size, key) = (struct known){key, ++records->count};
    return true;
}

bool records_find(const struct records *records, struct hash key, uint64_t *number)
{
    if (records->table_size == 0)
        return false;
    const struct known *known = slot_of(records->table, records->table_size, key);
    *number = known->number - 1;
    return known->number && known->number != DAMAGED;
}

uint64_t records_count(const struct records *records)
{
    return records->count;
}

// Takes up the keys from record records->count on, of those that are whole in a file of `size`
// bytes.
static bool take_up(struct records *records, off_t size)
{
    struct head head;
    while (place_of(records, records->count + 1) <= size)
        if (!read_at(records->descriptor, &head, sizeof head, place_of(records, records->count)) ||
            !note(records, head.key))
            return false;
    return true;
}

// ---- Files -------------------------------------------------------------------------------------

static bool is_ours(const struct records *records, int descriptor)
{
    struct header found;
    return read_at(descriptor, &found, sizeof found, 0) &&
           memcmp(&found, &records->header, sizeof found) == 0;
}

static void drop(struct records *records)
{
    if (records->descriptor >= 0)
        close(records->descriptor);
    records->descriptor = -1;
    records->count = 0;
    if (records->table)
        memset(records->table, 0, records->table_size * sizeof *records->table);
}

bool records_clear(struct records *records)
{
    drop(records);
    if (file_write_all(NULL, records->path, &records->header, sizeof records->header) !=
        VKTL_OK)
        return false;
    records->descriptor = open(records->path, O_RDWR | O_CLOEXEC);
    // Somebody else may have put another there meanwhile.
    if (records->descriptor < 0 || !is_ours(records, records->descriptor))
        drop(records);
    return records->descriptor >= 0;
}

static bool open_file(struct records *records)
{
    struct stat info;
    records->descriptor = open(records->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (records->descriptor < 0 || fstat(records->descriptor, &info) != 0 ||
        !S_ISREG(info.st_mode) || !is_ours(records, records->descriptor))
        return records_clear(records);
    futimens(records->descriptor, NULL); // it is used now: see store.c, which removes the oldest
    return take_up(records, info.st_size);
}

struct records *records_open(const struct vktl_log *log, const char *path, struct hash kind,
                             size_t payload_size)
{
    struct records *records = calloc(1, sizeof *records);
    if (!records)
        return NULL;
    records->log = log;
    records->descriptor = -1;
    records->header = (struct header){.kind = kind, .payload_size = payload_size};
    memcpy(records->header.magic, magic, sizeof magic);
    records->path = path_join("", path);
    records->buffer = malloc(record_size(records));
    if (!records->path || !records->buffer || !open_file(records))
        records_close(&records);
    return records;
}

void records_close(struct records **records)
{
    if (!*records)
        return;
    drop(*records);
    free((*records)->table);
    free((*records)->buffer);
    free((*records)->path);
    free(*records);
    *records = NULL;
}

// ---- Records -----------------------------------------------------------------------------------

bool records_read(struct records *records, uint64_t number, struct hash key, void *payload)
{
    struct head head;
    const off_t place = place_of(records, number);
    if (read_at(records->descriptor, &head, sizeof head, place) && hash_equal(head.key, key) &&
        read_at(records->descriptor, payload, (size_t)records->header.payload_size,
                place + (off_t)sizeof head) &&
        hash_equal(checksum(records, key, payload), head.checksum))
        return true;
    struct known *known = slot_of(records->table, records->table_size, key);
    if (known->number == number + 1)
        known->number = DAMAGED; // it may be added again
    return false;
}

// After the last whole record, whoever wrote it; what others have added is taken up on the way.
static bool add_locked(struct records *records, struct hash key)
{
    struct stat info;
    uint64_t number;
    if (fstat(records->descriptor, &info) != 0 || !take_up(records, info.st_size))
        return false;
    if (records_find(records, key, &number))
        return true; // it was there, or somebody else has added it meanwhile
    const off_t place = place_of(records, records->count);
    const bool written =
        write_at(records->descriptor, records->buffer, record_size(records), place);
    const int reason = errno;
    if (written && note(records, key))
        return true;
    // What is half there would be in the way of a reader that knows no better.
    if (ftruncate(records->descriptor, place) != 0)
        errno = reason;
    errno = reason;
    return false;
}

bool records_add(struct records *records, struct hash key, const void *payload)
{
    const struct head head = {key, checksum(records, key, payload)};
    if (records->is_full || records->descriptor < 0)
        return false;
    memcpy(records->buffer, &head, sizeof head);
    memcpy(records->buffer + sizeof head, payload, (size_t)records->header.payload_size);
    while (flock(records->descriptor, LOCK_EX) != 0)
        if (errno != EINTR)
            break; // a file system without locks: checksums still tell
    const bool added = add_locked(records, key);
    const int reason = errno;
    flock(records->descriptor, LOCK_UN);
    if (!added) {
        records->is_full = true;
        log_warning(records->log, "%s: cannot grow: %s; going on without", records->path,
                    strerror(reason));
    }
    return added;
}
