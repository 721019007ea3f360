// Responsible for the process's reaction to SIGINT and SIGTERM. The flag is the one variable of the
// code base that is global: a signal handler has nowhere else to write.
#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

enum { EXIT_INTERRUPTED = 130 };

static volatile sig_atomic_t requested;

static void handle(int signal_number)
{
    (void)signal_number;
    if (requested)
        _exit(EXIT_INTERRUPTED);
    requested = 1;
}

static void install(int signal_number)
{
    struct sigaction before;
    if (sigaction(signal_number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void interrupt_install(void)
{
    install(SIGINT);
    install(SIGTERM);
}

bool interrupt_requested(void)
{
    return requested != 0;
}
