// Responsible for threads and the two means to make them wait. The work is their users' business.
#include "base/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

struct mutex {
    pthread_mutex_t handle;
};

struct condition {
    pthread_cond_t handle;
};

struct thread {
    pthread_t handle;
    void (*run)(void *user);
    void *user;
};

bool mutex_create(struct mutex **mutex)
{
    *mutex = malloc(sizeof **mutex);
    if (*mutex && pthread_mutex_init(&(*mutex)->handle, NULL) != 0) {
        free(*mutex);
        *mutex = NULL;
    }
    return *mutex != NULL;
}

void mutex_destroy(struct mutex **mutex)
{
    if (!*mutex)
        return;
    vktl_assert(pthread_mutex_destroy(&(*mutex)->handle) == 0);
    free(*mutex);
    *mutex = NULL;
}

void mutex_lock(struct mutex *mutex)
{
    vktl_assert(pthread_mutex_lock(&mutex->handle) == 0);
}

void mutex_unlock(struct mutex *mutex)
{
    vktl_assert(pthread_mutex_unlock(&mutex->handle) == 0);
}

bool condition_create(struct condition **condition)
{
    *condition = malloc(sizeof **condition);
    if (*condition && pthread_cond_init(&(*condition)->handle, NULL) != 0) {
        free(*condition);
        *condition = NULL;
    }
    return *condition != NULL;
}

void condition_destroy(struct condition **condition)
{
    if (!*condition)
        return;
    vktl_assert(pthread_cond_destroy(&(*condition)->handle) == 0);
    free(*condition);
    *condition = NULL;
}

void condition_wait(struct condition *condition, struct mutex *mutex)
{
    vktl_assert(pthread_cond_wait(&condition->handle, &mutex->handle) == 0);
}

void condition_wake_one(struct condition *condition)
{
    vktl_assert(pthread_cond_signal(&condition->handle) == 0);
}

void condition_wake_all(struct condition *condition)
{
    vktl_assert(pthread_cond_broadcast(&condition->handle) == 0);
}

static void *thread_main(void *argument)
{
    struct thread *thread = argument;
    thread->run(thread->user);
    return NULL;
}

bool thread_create(struct thread **thread, void (*run)(void *user), void *user)
{
    *thread = malloc(sizeof **thread);
    if (!*thread)
        return false;
    **thread = (struct thread){.run = run, .user = user};
    // Signals stay with the threads of the program: a worker of ours never runs its handlers.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&(*thread)->handle, NULL, thread_main, *thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(*thread);
        *thread = NULL;
    }
    return *thread != NULL;
}

void thread_join(struct thread **thread)
{
    if (!*thread)
        return;
    vktl_assert(pthread_join((*thread)->handle, NULL) == 0);
    free(*thread);
    *thread = NULL;
}

uint32_t cpu_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 1 ? (uint32_t)count : 1;
}
