// Responsible for what every test needs; see harness.h.
#include "harness/harness.h"

#include <stdio.h>

#include "base/files.h"

char harness_last_error[2048];

static void show_message(void *user, enum vktl_log_level level, const char *sentence)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    (void)user;
    if (level <= VKTL_LOG_WARNING)
        fprintf(stderr, "%s: %s\n", names[level], sentence);
}

static void keep_message(void *user, enum vktl_log_level level, const char *sentence)
{
    (void)user;
    if (level == VKTL_LOG_ERROR)
        snprintf(harness_last_error, sizeof harness_last_error, "%s", sentence);
}

const struct vktl_log harness_log = {show_message, NULL};
const struct vktl_log harness_quiet_log = {keep_message, NULL};

struct vktl_device *harness_open(enum vktl_form form)
{
    struct vktl_device *device = NULL;
    struct vktl_device_params params = {
        .form = form, .validate = true, .guard = true, .cache_folder = ""};
    if (getenv("VKTL_TEST_NO_VALIDATION"))
        params.validate = false;
    const vktl_status status = vktl_device_open(&harness_log, &params, &device);
    if (status == VKTL_NO_DEVICE) {
        fprintf(stderr, "no Vulkan device: skipped\n");
        exit(77);
    }
    assert_int_equal(status, VKTL_OK);
    return device;
}

void harness_close(struct vktl_device **device)
{
    assert_int_equal(vktl_device_validation_messages(*device), 0);
    vktl_device_close(device);
    assert_null(*device);
}

static const char *join(const char *folder, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

const char *harness_source_path(const char *name)
{
    const char *source = getenv("VKTL_TEST_SOURCE");
    return join(source ? source : ".", name);
}

const char *harness_shared_path(const char *name)
{
    const char *shared = getenv("VKTL_SHARED");
    const char *source = getenv("VKTL_TEST_SOURCE");
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/../shared", source ? source : ".");
    const char *path = join(shared ? shared : folder, name);
    return file_exists(path) || folder_exists(path) ? path : NULL;
}
