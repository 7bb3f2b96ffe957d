/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - names and texts of the result codes, from the one list in err.h. */
#include "base/err.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static const struct {
    const char *name;
    const char *text;
    enum err_class cls;
} errs[ERR__MAX] = {
#define X(code, cls_, text_) [code] = { #code, text_, ERR_CLASS_##cls_ },
    ERR_LIST(X)
#undef X
};

const char *
err_name(enum err e)
{
    if ((unsigned)e >= ERR__MAX)
        return "ERR_?";
    return errs[e].name;
}

const char *
err_text(enum err e)
{
    if ((unsigned)e >= ERR__MAX)
        return "unknown error";
    return errs[e].text;
}

enum err_class
err_class_of(enum err e)
{
    if ((unsigned)e >= ERR__MAX)
        return ERR_CLASS_INTERNAL;
    return errs[e].cls;
}

_Noreturn void
bug_at(const char *file, int line, const char *what)
{
    log_error("bug: %s:%d: %s", file, line, what);
    abort();
}
