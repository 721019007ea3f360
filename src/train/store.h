// What a frozen base has made of pictures, kept on disk for later runs: one file for each base,
// device and way of preparing images (plan_recipe), in the user's cache folder. A record is found
// by the picture itself, so it does not matter where the image lies, or what it is taken for.
//
// Several processes may use one store at once. Used from one thread; all functions take NULL, a
// store that is empty and takes nothing.
#ifndef TRAIN_STORE_H
#define TRAIN_STORE_H

#include "nn/plan.h"

struct store;

// `limit`: bytes that all files together may take. The plan has PASS_FEATURES. NULL: there is no
// store to be had; a warning says why.
struct store *store_open(const struct vktl_log *log, const struct plan *plan, uint64_t limit);
void store_close(struct store **store);

// Makes room for `more` records of the `all` that are wanted, at the cost of other files, those
// first that were not used for longest. If they do not fit beside what the file has, it is begun
// anew, for all of them. Whether they fit.
bool store_reserve(struct store *store, uint64_t more, uint64_t all);

// Whether there is a record of that key; it may yet turn out damaged.
bool store_has(const struct store *store, struct hash key);

// Reads features. False: there are none, or they are damaged.
bool store_get(struct store *store, struct hash key, float *features);

// Keeps features, if it can.
void store_put(struct store *store, struct hash key, const float *features);

// Bytes on disk that so many records take.
uint64_t store_size_of(uint64_t feature_count, uint64_t count);

#endif
