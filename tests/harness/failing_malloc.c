// Responsible for standing between the program and malloc: counting, and failing once where told.
#include "failing_malloc.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static atomic_bool is_on, has_failed;
static atomic_uint_fast64_t left;
static atomic_int_fast64_t live;

void failing_malloc_at(uint64_t n)
{
    atomic_store(&has_failed, false);
    atomic_store(&left, n);
    atomic_store(&is_on, true);
}

bool failing_malloc_stop(void)
{
    atomic_store(&is_on, false);
    return atomic_load(&has_failed);
}

int64_t failing_malloc_live(void)
{
    return atomic_load(&live);
}

static bool must_fail(void)
{
    if (!atomic_load(&is_on) || atomic_load(&has_failed))
        return false;
    if (atomic_fetch_sub(&left, 1) != 0)
        return false;
    atomic_store(&has_failed, true);
    return true;
}

static void *counted(void *block)
{
    if (block)
        atomic_fetch_add(&live, 1);
    return block;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (must_fail())
        return NULL;
    return block ? __real_realloc(block, size) : counted(__real_malloc(size));
}

void __wrap_free(void *block)
{
    if (block)
        atomic_fetch_sub(&live, 1);
    __real_free(block);
}
