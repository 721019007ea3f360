// Calls oracle.py, or ends the test program as skipped where it cannot run.
#ifndef TESTS_FORMATS_ORACLE_H
#define TESTS_FORMATS_ORACLE_H

#include <stdio.h>

#include "harness/harness.h"

enum { ORACLE_SKIPPED = 77 };

static inline void oracle(const char *arguments)
{
    char command[8192];
    snprintf(command, sizeof command, "/usr/bin/python3 '%s' %s",
             harness_source_path("tests/formats/oracle.py"), arguments);
    const int result = system(command);
    // The exit status in the upper byte, 127 where there is no such program.
    if (result == ORACLE_SKIPPED << 8 || result == 127 << 8)
        exit(ORACLE_SKIPPED);
    assert_int_equal(result, 0);
}

#endif
