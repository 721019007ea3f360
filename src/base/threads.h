// Threads, mutexes and conditions. Thin over POSIX, so that another system is one file away.
//
// create returns false where the system has no more to give. destroy takes NULL and writes NULL.
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#include <stdbool.h>
#include <stdint.h>

struct mutex;
struct condition;
struct thread;

bool mutex_create(struct mutex **mutex);
void mutex_destroy(struct mutex **mutex);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

bool condition_create(struct condition **condition);
void condition_destroy(struct condition **condition);
// Gives the mutex back while it waits. May wake without a signal: wait in a loop over the reason.
void condition_wait(struct condition *condition, struct mutex *mutex);
void condition_wake_one(struct condition *condition);
void condition_wake_all(struct condition *condition);

bool thread_create(struct thread **thread, void (*run)(void *user), void *user);
// Waits for the thread to return from `run`, then releases it.
void thread_join(struct thread **thread);

// Processors online; at least 1.
uint32_t cpu_count(void);

#endif
