// Responsible for standing between a program and the C library: calls about files below a folder
// are counted, and the one that is asked for fails, or does half of what it should; the clock
// jumps. Loaded by LD_PRELOAD; for tests alone.
//
//   FAULT_UNDER    folders, separated by ':': only what lies there counts
//   FAULT_CALLS    names of calls, separated by ':': only these count; all of them if not set
//   FAULT_AT       the number of the call that fails, from 0; with a '+' behind, all later ones too
//   FAULT_ERROR    its errno, a number; 0: reading and writing do half of what they should
//   FAULT_LOG      a file that gets a line a call that counts: "name path", and " failed" where so
//   FAULT_CLOCK    SECONDS,AFTER: so long after the first look the wall clock jumps by SECONDS
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS = 4096, PATH_SIZE = 1024 };

static atomic_llong count;
static char paths[DESCRIPTORS][PATH_SIZE]; // of open descriptors that count; "" for all others

// Declares `real`, the next definition of a function behind this library.
#define REAL(type, name, ...)                                                                      \
    type (*real)(__VA_ARGS__);                                                                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

// ---- Which calls -------------------------------------------------------------------------------

// Whether one of the words of a list is `word`, or a folder that `word` lies in.
static bool holds(const char *list, const char *word)
{
    while (list && *list) {
        const char *end = strchrnul(list, ':');
        const size_t length = (size_t)(end - list);
        if (length && strncmp(list, word, length) == 0 &&
            (word[length] == '\0' || word[length] == '/'))
            return true;
        list = *end ? end + 1 : end;
    }
    return false;
}

static void note(const char *call, const char *path, const char *outcome)
{
    char line[2 * PATH_SIZE];
    const char *log = getenv("FAULT_LOG");
    if (!log)
        return;
    const int length = snprintf(line, sizeof line, "%s %s%s\n", call, path, outcome);
    // Past all that is here.
    const int descriptor =
        (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return;
    syscall(SYS_write, descriptor, line, (size_t)length);
    syscall(SYS_close, descriptor);
}

// Whether this call must fail: then errno says why, 0 for half of what is asked.
static bool fails(const char *call, const char *path)
{
    const char *calls = getenv("FAULT_CALLS"), *at = getenv("FAULT_AT");
    const char *error = getenv("FAULT_ERROR");
    if (!path || !*path || !holds(getenv("FAULT_UNDER"), path) || (calls && !holds(calls, call)))
        return false;
    const long long number = atomic_fetch_add(&count, 1), chosen = at ? atoll(at) : -1;
    const bool is_chosen = at && (number == chosen || (strchr(at, '+') && number > chosen));
    note(call, path, is_chosen ? " failed" : "");
    if (is_chosen)
        errno = error ? atoi(error) : EIO;
    return is_chosen;
}

static const char *path_of(int descriptor)
{
    return descriptor >= 0 && descriptor < DESCRIPTORS ? paths[descriptor] : "";
}

static bool fails_on(const char *call, int descriptor)
{
    return fails(call, path_of(descriptor));
}

static int opened(int descriptor, const char *path)
{
    if (descriptor >= 0 && descriptor < DESCRIPTORS)
        snprintf(paths[descriptor], PATH_SIZE, "%s",
                 holds(getenv("FAULT_UNDER"), path) ? path : "");
    return descriptor;
}

static size_t half_of(size_t size)
{
    return size > 1 ? size / 2 : size;
}

// ---- Opening and closing -----------------------------------------------------------------------

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;         \
        va_end(arguments);                                                                         \
        if (fails("open", path))                                                                   \
            return -1;                                                                             \
        REAL(int, name, const char *, int, ...);                                                   \
        return opened(real(path, flags, mode), path);                                              \
    }
OPEN(open)
OPEN(open64)

#define FOPEN(name)                                                                                \
    FILE *name(const char *path, const char *mode)                                                 \
    {                                                                                              \
        if (fails("fopen", path))                                                                  \
            return NULL;                                                                           \
        REAL(FILE *, name, const char *, const char *);                                            \
        FILE *stream = real(path, mode);                                                           \
        if (stream)                                                                                \
            opened(fileno(stream), path);                                                          \
        return stream;                                                                             \
    }
FOPEN(fopen)
FOPEN(fopen64)

DIR *opendir(const char *path)
{
    if (fails("opendir", path))
        return NULL;
    REAL(DIR *, opendir, const char *);
    return real(path);
}

int dup(int descriptor)
{
    if (fails_on("dup", descriptor))
        return -1;
    REAL(int, dup, int);
    return opened(real(descriptor), path_of(descriptor));
}

// A descriptor is closed also where that fails.
int close(int descriptor)
{
    const bool is_failure = fails_on("close", descriptor);
    const int reason = errno;
    REAL(int, close, int);
    opened(descriptor, "");
    const int result = real(descriptor);
    if (is_failure)
        errno = reason;
    return is_failure ? -1 : result;
}

int fclose(FILE *stream)
{
    const bool is_failure = fails_on("fclose", fileno(stream));
    const int reason = errno;
    REAL(int, fclose, FILE *);
    opened(fileno(stream), "");
    const int result = real(stream);
    if (is_failure)
        errno = reason;
    return is_failure ? EOF : result;
}

// ---- Reading and writing -----------------------------------------------------------------------

#define TRANSFER(name, call, bytes_type)                                                           \
    ssize_t name(int descriptor, bytes_type bytes, size_t size)                                    \
    {                                                                                              \
        const bool is_failure = fails_on(call, descriptor);                                        \
        if (is_failure && errno)                                                                   \
            return -1;                                                                             \
        REAL(ssize_t, name, int, bytes_type, size_t);                                              \
        return real(descriptor, bytes, is_failure ? half_of(size) : size);                         \
    }
TRANSFER(read, "read", void *)
TRANSFER(write, "write", const void *)

#define TRANSFER_AT(name, call, bytes_type)                                                        \
    ssize_t name(int descriptor, bytes_type bytes, size_t size, off_t place)                       \
    {                                                                                              \
        const bool is_failure = fails_on(call, descriptor);                                        \
        if (is_failure && errno)                                                                   \
            return -1;                                                                             \
        REAL(ssize_t, name, int, bytes_type, size_t, off_t);                                       \
        return real(descriptor, bytes, is_failure ? half_of(size) : size, place);                  \
    }
TRANSFER_AT(pread, "pread", void *)
TRANSFER_AT(pread64, "pread", void *)
TRANSFER_AT(pwrite, "pwrite", const void *)
TRANSFER_AT(pwrite64, "pwrite", const void *)

#define TRANSFER_STREAM(name, bytes_type)                                                          \
    size_t name(bytes_type bytes, size_t size, size_t items, FILE *stream)                         \
    {                                                                                              \
        const bool is_failure = fails_on(#name, fileno(stream));                                   \
        if (is_failure && errno)                                                                   \
            return 0;                                                                              \
        REAL(size_t, name, bytes_type, size_t, size_t, FILE *);                                    \
        return real(bytes, size, is_failure ? half_of(items) : items, stream);                     \
    }
TRANSFER_STREAM(fread, void *)
TRANSFER_STREAM(fwrite, const void *)

int fflush(FILE *stream)
{
    if (stream && fails_on("fflush", fileno(stream)))
        return EOF;
    REAL(int, fflush, FILE *);
    return real(stream);
}

int fseek(FILE *stream, long place, int from)
{
    if (fails_on("fseek", fileno(stream)))
        return -1;
    REAL(int, fseek, FILE *, long, int);
    return real(stream, place, from);
}

// ---- Other calls on descriptors ----------------------------------------------------------------

int fsync(int descriptor)
{
    if (fails_on("fsync", descriptor))
        return -1;
    REAL(int, fsync, int);
    return real(descriptor);
}

int flock(int descriptor, int operation)
{
    if (fails_on("flock", descriptor))
        return -1;
    REAL(int, flock, int, int);
    return real(descriptor, operation);
}

#define TRUNCATE(name)                                                                             \
    int name(int descriptor, off_t size)                                                           \
    {                                                                                              \
        if (fails_on("ftruncate", descriptor))                                                     \
            return -1;                                                                             \
        REAL(int, name, int, off_t);                                                               \
        return real(descriptor, size);                                                             \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define FSTAT(name, info_type)                                                                     \
    int name(int descriptor, info_type *info)                                                      \
    {                                                                                              \
        if (fails_on("fstat", descriptor))                                                         \
            return -1;                                                                             \
        REAL(int, name, int, info_type *);                                                         \
        return real(descriptor, info);                                                             \
    }
FSTAT(fstat, struct stat)
FSTAT(fstat64, struct stat64)

// ---- Names -------------------------------------------------------------------------------------

int rename(const char *from, const char *to)
{
    if (fails("rename", to))
        return -1;
    REAL(int, rename, const char *, const char *);
    return real(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    if (fails("mkdir", path))
        return -1;
    REAL(int, mkdir, const char *, mode_t);
    return real(path, mode);
}

int unlink(const char *path)
{
    if (fails("unlink", path))
        return -1;
    REAL(int, unlink, const char *);
    return real(path);
}

int remove(const char *path)
{
    if (fails("remove", path))
        return -1;
    REAL(int, remove, const char *);
    return real(path);
}

// ---- The clock ---------------------------------------------------------------------------------

// Seconds that the wall clock is off by now.
static long jump(void)
{
    static atomic_llong began; // in nanoseconds, 0: not yet
    const char *asked = getenv("FAULT_CLOCK");
    struct timespec now;
    if (!asked)
        return 0;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    const long long time = now.tv_sec * 1000000000LL + now.tv_nsec;
    long long first = 0;
    atomic_compare_exchange_strong(&began, &first, time);
    const char *after = strchr(asked, ',');
    const double passed = 1e-9 * (double)(time - atomic_load(&began));
    return after && passed >= atof(after + 1) ? atol(asked) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += jump();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    const int result = (int)syscall(SYS_gettimeofday, now, zone);
    if (result == 0)
        now->tv_sec += jump();
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

__attribute__((constructor)) static void begin(void)
{
    jump();
}
