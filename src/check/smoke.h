// The smoke subset, for tests that plant what is wrong.
#ifndef CHECK_SMOKE_H
#define CHECK_SMOKE_H

#include <vktl/selftest.h>

#include "ops/op.h"

// vktl_smoke, of the operators that `find` finds by their names.
vktl_status smoke_run(const struct vktl_log *log, struct vktl_device *device,
                      const struct vktl_smoke_params *params,
                      const struct op *(*find)(const char *name));

#endif
