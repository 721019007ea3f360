// A file of records of one size below a header, which several processes read and add to at once:
// for what is kept to save work, and may be lost without harm.
//
// A record has a key and a payload; a checksum over both is checked whenever it is read. Nobody
// changes a record once it is written. What was left half-written by a process that was killed is
// cut off by the next that adds. Nothing is synced: after a power cut the file may hold garbage,
// which the checksums tell.
//
// Used from one thread. Nothing here fails loudly: what cannot be read is not there, and what
// cannot be written is left out.
#ifndef BASE_RECORDS_H
#define BASE_RECORDS_H

#include "base/hash.h"
#include "base/log.h"

struct records;

// Opens a file of records whose payload has `payload_size` bytes, or makes it. A file that is not
// what `kind` names, with records of that size, is replaced. NULL: it cannot be had.
struct records *records_open(const struct vktl_log *log, const char *path, struct hash kind,
                             size_t payload_size);
void records_close(struct records **records);

// Records that are known: in the file when it was opened, or added since by us. Their numbers are
// valid until records_clear.
uint64_t records_count(const struct records *records);

// The number of the latest record with that key. False: none is known.
bool records_find(const struct records *records, struct hash key, uint64_t *number);

// Reads a payload. False: the record is damaged, or not of that key; it is not found any more.
bool records_read(struct records *records, uint64_t number, struct hash key, void *payload);

// Adds a record, unless there is one of that key already. False: the file cannot grow (a full disk,
// a limit), and nothing more is added to it; a warning says so once.
bool records_add(struct records *records, struct hash key, const void *payload);

// Bytes of a record in the file, and of the whole file as we know it.
uint64_t records_size_of(size_t payload_size, uint64_t count);

// Begins a new file in place of this one; whoever has the old one open keeps it.
bool records_clear(struct records *records);

#endif
