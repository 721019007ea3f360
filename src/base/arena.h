// Memory by lifetime: many small allocations, released together.
//
//     struct arena arena = {0};
//     ... arena_alloc(&arena, size) ...
//     arena_deinit(&arena);
//
// Not for several threads at once.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *newest;
};

// `size` zeroed bytes, aligned for any type, that live until arena_deinit. NULL: out of memory.
void *arena_alloc(struct arena *arena, size_t size);

// `count` zeroed elements; NULL also where count * size does not fit in a size_t.
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

// A copy of `string` in the arena. NULL: out of memory.
char *arena_copy_text(struct arena *arena, const char *string);

// Releases everything; the arena is empty and may be used again.
void arena_deinit(struct arena *arena);

#endif
