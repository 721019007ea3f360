// Calls a Python script that reads or writes files by other means than vktl's, or ends the test
// program as skipped where it cannot run.
#ifndef TESTS_FORMATS_ORACLE_H
#define TESTS_FORMATS_ORACLE_H

#include <stdio.h>

#include "harness/harness.h"

enum { ORACLE_SKIPPED = 77 };

__attribute__((format(printf, 2, 3))) static inline void oracle_script(const char *script,
                                                                       const char *format, ...)
{
    char command[8192];
    va_list arguments;
    int length =
        snprintf(command, sizeof command, "/usr/bin/python3 '%s' ", harness_source_path(script));
    va_start(arguments, format);
    vsnprintf(command + length, sizeof command - (size_t)length, format, arguments);
    va_end(arguments);
    const int result = system(command);
    // The exit status in the upper byte, 127 where there is no such program.
    if (result == ORACLE_SKIPPED << 8 || result == 127 << 8)
        exit(ORACLE_SKIPPED);
    assert_int_equal(result, 0);
}

static inline void oracle(const char *arguments)
{
    oracle_script("tests/formats/oracle.py", "%s", arguments);
}

#endif
