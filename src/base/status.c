// Responsible for the texts and exit statuses behind the codes of vktl/status.h.
#include <vktl/status.h>

#include <stddef.h>

static const struct {
    int exit_status;
    const char *sentence;
} statuses[] = {
#define STATUS_ROW(name, exit_status, sentence) {exit_status, sentence},
    VKTL_STATUSES(STATUS_ROW)
#undef STATUS_ROW
};

static int is_known(vktl_status status)
{
    return (size_t)status < sizeof statuses / sizeof *statuses;
}

const char *vktl_status_text(vktl_status status)
{
    return is_known(status) ? statuses[status].sentence : "unknown status";
}

int vktl_status_exit(vktl_status status)
{
    return is_known(status) ? statuses[status].exit_status : 1;
}

const char *vktl_version(void)
{
    return VKTL_VERSION;
}
