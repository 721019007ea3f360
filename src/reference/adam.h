// The reference of adam, which adamw's is, too.
#ifndef REFERENCE_ADAM_H
#define REFERENCE_ADAM_H

#include "reference/reference.h"

void reference_adam_forward(const struct reference_call *call);

#endif
