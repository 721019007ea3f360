// Responsible for child processes that work on what cannot be trusted: starting, limiting, talking
// and ending. What is said, and what it means that a child is gone, is the callers' business.
#include "base/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct apart {
    pid_t child; // 0: this is the child's end
    int line;
};

// ---- The child

// Beyond `most` the system says so, beyond `hard` it ends a process without a word.
static void limit(int resource, uint64_t most, uint64_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return;
    if (now.rlim_max == RLIM_INFINITY || hard < now.rlim_max)
        now.rlim_max = (rlim_t)hard;
    if (now.rlim_cur == RLIM_INFINITY || most < now.rlim_cur)
        now.rlim_cur = (rlim_t)most;
    setrlimit(resource, &now);
}

// Bytes of data that this process has, where the system tells (Linux); else 0. Address space is no
// measure: drivers and sanitizers reserve a lot of it.
static uint64_t data_size(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*u %*u %*u %*u %*u %llu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static _Noreturn void be_child(const struct apart_limits *limits, uint64_t data, int line,
                               void (*work)(struct apart *, void *), void *user)
{
    struct apart parent = {.line = line};
    signal(SIGINT, SIG_IGN); // the parent decides
    signal(SIGTERM, SIG_DFL);
    signal(SIGXCPU, SIG_DFL);
    limit(RLIMIT_CPU, limits->seconds, (uint64_t)limits->seconds + 1);
    limit(RLIMIT_FSIZE, 0, 0);
    limit(RLIMIT_CORE, 0, 0);
    if (data)
        limit(RLIMIT_DATA, data + limits->memory, data + limits->memory);
    work(&parent, user);
    _exit(EXIT_SUCCESS); // not what this process has registered for its own end
}

struct apart *apart_start(const struct apart_limits *limits,
                          void (*work)(struct apart *parent, void *user), void *user)
{
    int lines[2];
    const uint64_t data = data_size();
    struct apart *apart = malloc(sizeof *apart);
    if (!apart || socketpair(AF_UNIX, SOCK_STREAM, 0, lines) != 0) {
        free(apart);
        return NULL;
    }
    apart->line = lines[0];
    apart->child = fork();
    if (apart->child == 0) {
        close(lines[0]); // so that the child notices when the parent is gone
        be_child(limits, data, lines[1], work, user);
    }
    close(lines[1]);
    if (apart->child > 0)
        return apart;
    close(lines[0]);
    free(apart);
    return NULL;
}

// ---- The line

bool apart_send(struct apart *apart, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t count =
            send(apart->line, (const char *)bytes + done, size - done, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

bool apart_receive(struct apart *apart, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t count = recv(apart->line, (char *)bytes + done, size - done, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

// ---- The end

static void describe(int end, char how[APART_END_SIZE])
{
    how[0] = '\0';
    if (WIFSIGNALED(end) && WTERMSIG(end) == SIGXCPU)
        snprintf(how, APART_END_SIZE, "took too long");
    else if (WIFSIGNALED(end))
        snprintf(how, APART_END_SIZE, "crashed, signal %d", WTERMSIG(end));
    else if (WIFEXITED(end) && WEXITSTATUS(end) != EXIT_SUCCESS)
        snprintf(how, APART_END_SIZE, "crashed, status %d", WEXITSTATUS(end));
}

void apart_end(struct apart **apart, char how[APART_END_SIZE])
{
    int end = 0;
    if (how)
        how[0] = '\0';
    if (!*apart)
        return;
    // One that talks no more has ended, or is about to.
    close((*apart)->line);
    if (!how)
        kill((*apart)->child, SIGKILL);
    pid_t ended;
    do
        ended = waitpid((*apart)->child, &end, 0);
    while (ended < 0 && errno == EINTR);
    if (how && ended > 0)
        describe(end, how);
    free(*apart);
    *apart = NULL;
}
