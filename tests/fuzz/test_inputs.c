/* The inputs of the targets whose files carry no checksums. */
#include "inputs.h"
