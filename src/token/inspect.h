/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.h - a look at a module and its token, for `keyhold doctor`. Changes nothing. */
#ifndef TOKEN_INSPECT_H
#define TOKEN_INSPECT_H

#include <stdbool.h>

#include "base/span.h"

enum { INSPECT_TEXT = 400 };

struct inspection {
    bool works; /* module, token, PIN */
    bool lacks; /* works, but some algorithms will be refused; the text says which */
    char text[INSPECT_TEXT];
};

/* Loads the module into this process, finds the token, tries the PIN once. May take as long as
 * the module does: run it in a process that can be ended. */
void inspect_token(const char *module, const char *label, struct span pin,
                   struct inspection *out);

#endif /* TOKEN_INSPECT_H */
