// Responsible for remembering which files hold readable images, and the fingerprints of their
// pixels. Who asks for it, and what is done with a fingerprint, is the callers' business.
#include "data/known.h"

#include <stdlib.h>

#include "base/files.h"
#include "base/records.h"

// To be raised whenever the same file may come out as other pixels: other decoders, other resizing.
enum { PIXELS_VERSION = 1, MAX_RECORDS = 1 << 20 };

struct known {
    struct records *records;
    struct hash how; // images are brought to squares
};

struct known *known_open(const struct vktl_log *log, uint32_t image_size,
                         vktl_interpolation interpolation)
{
    const uint32_t kind[] = {PIXELS_VERSION}, how[] = {image_size, (uint32_t)interpolation};
    char *folder = NULL, *path = NULL;
    struct known *known = calloc(1, sizeof *known);
    if (known && folder_cache(NULL, &folder) == VKTL_OK)
        path = path_join(folder, "images.bin");
    if (path) {
        known->how = hash_bytes((struct hash){{0}}, how, sizeof how);
        known->records = records_open(log, path, hash_bytes((struct hash){{0}}, kind, sizeof kind),
                                      sizeof(struct hash));
    }
    if (known && known->records && records_count(known->records) > MAX_RECORDS)
        records_clear(known->records);
    if (known && !known->records)
        known_close(&known);
    free(folder);
    free(path);
    return known;
}

void known_close(struct known **known)
{
    if (!*known)
        return;
    records_close(&(*known)->records);
    free(*known);
    *known = NULL;
}

static struct hash key_of(const struct known *known, struct hash identity)
{
    return hash_bytes(known->how, &identity, sizeof identity);
}

bool known_find(struct known *known, struct hash identity, struct hash *pixels)
{
    uint64_t number;
    if (!known)
        return false;
    const struct hash key = key_of(known, identity);
    return records_find(known->records, key, &number) &&
           records_read(known->records, number, key, pixels);
}

void known_add(struct known *known, struct hash identity, struct hash pixels)
{
    if (known)
        records_add(known->records, key_of(known, identity), &pixels);
}
