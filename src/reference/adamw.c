// Reference of adamw: Adam's, as the two differ in their defaults alone.
#include "reference/adam.h"

#include <stddef.h>

const struct reference reference_adamw = {"adamw", reference_adam_forward, NULL};
