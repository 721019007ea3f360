// Responsible for letting allocations of the program itself fail: linked into it, with
// -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free, so that what libraries allocate among
// themselves is not touched.
//
//   FAIL_LOG    a file that gets, at the end, a line for each way by which the program came to an
//               allocation: its name, and how often it was gone
//   FAIL_WAY    the name of a way, and
//   FAIL_TRACE  set: where that is, is told on stderr
//   FAIL_TIME   which allocation on that way fails, from 0 (0); with '+' behind all later ones too
//
// A way is the chain of callers within the program, without what threads or libraries are between.
#define _GNU_SOURCE
#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
void __real_free(void *block);

extern const char __executable_start, etext; // the linker's

enum { DEPTH = 24, OWN_FRAMES = 2, WAYS = 1 << 16 };

static struct way {
    uint64_t name; // 0: free
    uint64_t times;
} ways[WAYS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *log_path, *chosen_time;
static uint64_t chosen;
static bool is_on;

static uint64_t way_here(void)
{
    void *frames[DEPTH];
    const int count = backtrace(frames, DEPTH);
    uint64_t name = UINT64_C(0xcbf29ce484222325); // FNV-1a over places in the program
    for (int i = OWN_FRAMES; i < count; i++) {
        const char *frame = frames[i];
        if (frame < &__executable_start || frame >= &etext)
            continue;
        name = (name ^ (uint64_t)(frame - &__executable_start)) * UINT64_C(0x100000001b3);
    }
    return name ? name : 1;
}

static void trace(void)
{
    void *frames[DEPTH];
    backtrace_symbols_fd(frames, backtrace(frames, DEPTH), 2);
}

static struct way *find(uint64_t name)
{
    uint64_t at = name % WAYS;
    while (ways[at].name && ways[at].name != name)
        at = (at + 1) % WAYS;
    ways[at].name = name;
    return &ways[at];
}

static bool must_fail(void)
{
    if (!is_on)
        return false;
    const uint64_t name = way_here();
    pthread_mutex_lock(&mutex);
    const uint64_t time = find(name)->times++;
    pthread_mutex_unlock(&mutex);
    const uint64_t first = chosen_time ? strtoull(chosen_time, NULL, 10) : 0;
    const bool fails = name == chosen &&
                       (time == first || (time > first && chosen_time && strchr(chosen_time, '+')));
    if (fails && getenv("FAIL_TRACE"))
        trace();
    return fails;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return must_fail() ? NULL : __real_realloc(block, size);
}

void __wrap_free(void *block)
{
    __real_free(block);
}

__attribute__((constructor)) static void begin(void)
{
    void *frame;
    const char *way = getenv("FAIL_WAY");
    backtrace(&frame, 1); // loads what it needs
    log_path = getenv("FAIL_LOG");
    chosen = way ? strtoull(way, NULL, 16) : 0;
    chosen_time = getenv("FAIL_TIME");
    is_on = log_path || way;
}

__attribute__((destructor)) static void end(void)
{
    FILE *log = log_path ? fopen(log_path, "w") : NULL;
    is_on = false;
    for (size_t i = 0; log && i < WAYS; i++)
        if (ways[i].name)
            fprintf(log, "%016llx %llu\n", (unsigned long long)ways[i].name,
                    (unsigned long long)ways[i].times);
    if (log)
        fclose(log);
}
