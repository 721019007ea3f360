// Allocation failures on demand. Needs the program to be linked with
// -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free; what libraries allocate among
// themselves is not touched.
//
//     for (uint64_t n = 0;; n++) {
//         failing_malloc_at(n);
//         vktl_status status = thing_create(..., &thing);
//         if (!failing_malloc_stop())
//             break; // it needs no more than n allocations: all have failed in turn
//         assert_int_equal(status, VKTL_NO_MEMORY);
//         ...
//     }
//
// Safe while other threads allocate.
#ifndef HARNESS_FAILING_MALLOC_H
#define HARNESS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stdint.h>

// From now on `n` allocations succeed, then a single one fails, then all succeed again.
void failing_malloc_at(uint64_t n);

// No more failures. Whether there was one.
bool failing_malloc_stop(void);

// Blocks that are allocated now and not freed: equal before and after what leaks nothing.
int64_t failing_malloc_live(void);

#endif
