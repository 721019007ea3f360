// How far results are from what they should be: see vktl_selftest_row.
#ifndef CHECK_COMPARE_H
#define CHECK_COMPARE_H

#include <vktl/selftest.h>

struct comparison {
    double worst;
    uint64_t index; // of the worst element
    double ulp;     // its error in such units
    double largest; // difference of any element
};

// Of results `a` and what they should be, `b`. Where they differ by no more than `flushed` there is
// no error.
struct comparison check_compare(const float *a, const float *b, uint64_t count, double flushed);

// Which of its many NaNs a device makes is its own affair: all are alike.
enum { CHECK_BITS_SIZE = 33 };
void check_fingerprint(const float *values, uint64_t count, char text[CHECK_BITS_SIZE]);

// Sets what a row tells of the device; texts that are NULL become "".
void check_describe(const struct vktl_device_info *info, struct vktl_selftest_row *row);

#endif
