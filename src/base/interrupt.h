// Ctrl-C. Signals belong to the process, so only a program installs this, never the library: a
// library function that runs long takes a callback `bool (*should_stop)(void *user)`, and the
// program's callback returns interrupt_requested().
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <stdbool.h>

// From now on the first SIGINT or SIGTERM only sets a flag; the second ends the process at once
// with status 130. A signal that was ignored when the program started (nohup) stays ignored.
void interrupt_install(void);

// Whether the first one has come. Safe from any thread.
bool interrupt_requested(void);

#endif
