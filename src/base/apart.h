// A process of its own for work on data that cannot be trusted with code that cannot be mended:
// what it breaks there is broken there alone, and it ends.
//
// The child is a copy of this process that runs one function, with limits on the time of the
// processor, on memory, and on files, of which it can write none. The two talk by bytes.
#ifndef BASE_APART_H
#define BASE_APART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One end of the line between the two; for one thread at a time.
struct apart;

struct apart_limits {
    uint32_t seconds; // of the processor
    uint64_t memory;  // bytes beside what this process has now
};

// Starts a child that calls `work` with its end of the line, and ends with it. Locks that other
// threads of this process hold stay held there: `work` must not want any but those of malloc. NULL:
// the system has no process or no memory to give.
struct apart *apart_start(const struct apart_limits *limits,
                          void (*work)(struct apart *parent, void *user), void *user);

// All of the bytes, or false: the other side is gone.
bool apart_send(struct apart *apart, const void *bytes, size_t size);
bool apart_receive(struct apart *apart, void *bytes, size_t size);

enum { APART_END_SIZE = 64 };

// Ends the child, if it has not ended yet, and releases it. `how`, unless NULL, gets in words how
// it had ended by itself, or "". Accepts NULL and writes NULL.
void apart_end(struct apart **apart, char how[APART_END_SIZE]);

#endif
