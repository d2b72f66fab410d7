/* The inputs of the targets whose files carry checksums: linked with flat_hash.c, as these are. */
#include "inputs.h"
