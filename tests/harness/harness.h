// What tests share: a log that prints, and devices opened the strict way.
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vktl/device.h>

// Prints to stderr, for failures to be understood.
extern const struct vktl_log harness_log;

// Keeps the last error's sentence instead of printing: for tests of messages.
extern const struct vktl_log harness_quiet_log;
extern char harness_last_error[2048];

// Opens the driver that ctest chose (VK_DRIVER_FILES), under the validation layers where they are
// installed, with guard words. Exits with status 77, "skipped", when there is no device.
struct vktl_device *harness_open(enum vktl_form form);

// Closes and fails the test if the validation layers said anything.
void harness_close(struct vktl_device **device);

// Path below the source tree or the shared data; static storage, valid until the next call. Shared
// data lies in $VKTL_SHARED or in ../shared beside the source tree; NULL where there is none.
const char *harness_source_path(const char *name);
const char *harness_shared_path(const char *name);

#endif
