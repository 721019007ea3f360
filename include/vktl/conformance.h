// What devices answered to the selftest, side by side: of this machine, and of others by their
// reports.
#ifndef VKTL_CONFORMANCE_H
#define VKTL_CONFORMANCE_H

#include <vktl/selftest.h>

#ifdef __cplusplus
extern "C" {
#endif

// Devices with the rows of their selftests. For one thread at a time.
struct vktl_conformance;

// The caller destroys `conformance`, which is NULL after a failure.
VKTL_API vktl_status vktl_conformance_create(const struct vktl_log *log,
                                             struct vktl_conformance **conformance);
VKTL_API void vktl_conformance_destroy(struct vktl_conformance **conformance);

// Begins a device, and adds a row to the last one begun. Both copy what they are given; texts are
// made valid UTF-8 on one line.
VKTL_API vktl_status vktl_conformance_add_device(const struct vktl_log *log,
                                                 struct vktl_conformance *conformance,
                                                 const struct vktl_device_info *info);
VKTL_API vktl_status vktl_conformance_add_row(const struct vktl_log *log,
                                              struct vktl_conformance *conformance,
                                              const struct vktl_selftest_row *row);

// Adds the devices of a report in JSON, as vktl_conformance_save or `vktl selftest --json` wrote
// it, here or elsewhere. Such a file is trusted in nothing. VKTL_INPUT, with a message that names
// the file and the place: it cannot be read, is none, is damaged, or contradicts itself; nothing
// was added then.
VKTL_API vktl_status vktl_conformance_read(const struct vktl_log *log,
                                           struct vktl_conformance *conformance, const char *path);

// Of all devices together.
VKTL_API uint32_t vktl_conformance_device_count(const struct vktl_conformance *conformance);
VKTL_API void vktl_conformance_counts(const struct vktl_conformance *conformance,
                                      struct vktl_selftest_counts *counts);

enum vktl_conformance_format {
    VKTL_CONFORMANCE_TEXT,     // for terminals: by operator, devices in pairs, what failed
    VKTL_CONFORMANCE_MARKDOWN, // the same, and every row, folded
    VKTL_CONFORMANCE_HTML,     // the same as one page that needs nothing else
    VKTL_CONFORMANCE_JSON,     // every row, as vktl_conformance_read takes it
};

// A report. The caller frees `text` by free().
VKTL_API vktl_status vktl_conformance_text(const struct vktl_log *log,
                                           const struct vktl_conformance *conformance,
                                           enum vktl_conformance_format format, char **text);

// The format that a file's extension stands for: .html or .htm, .md, .json, .txt. False: none.
VKTL_API bool vktl_conformance_format_of(const char *path, enum vktl_conformance_format *format);

// Writes a report into a file, all or nothing. VKTL_USAGE: another extension; VKTL_IO.
VKTL_API vktl_status vktl_conformance_save(const struct vktl_log *log,
                                           const struct vktl_conformance *conformance,
                                           const char *path);

#ifdef __cplusplus
}
#endif
#endif
