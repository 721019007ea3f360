// Time that only goes forward.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

// Seconds since some fixed moment, unmoved by changes of the wall clock. Safe from any thread.
double clock_seconds(void);

#endif
