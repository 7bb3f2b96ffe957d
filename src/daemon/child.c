/* SPDX-License-Identifier: Apache-2.0 */
/* child.c - what exit codes mean between a child and the supervisor. */
#include "daemon/child.h"

#include <sysexits.h>

bool
child_exit_is_final(int code)
{
    switch (code) {
    case EX_USAGE:
    case EX_DATAERR:
    case EX_NOINPUT:
    case EX_NOUSER:
    case EX_CANTCREAT:
    case EX_NOPERM:
    case EX_CONFIG:
        return true;
    default:
        return false;
    }
}

int
child_exit_code(enum err e)
{
    if (e == ERR_OK)
        return EX_OK;
    if (e == ERR_DENIED)
        return EX_NOPERM;
    if (e == ERR_NOT_FOUND)
        return EX_NOINPUT;
    switch (err_class_of(e)) {
    case ERR_CLASS_INTEGRITY:
        return EX_DATAERR;
    case ERR_CLASS_REQUEST:
        return EX_CONFIG;
    case ERR_CLASS_RETRY:
        return EX_TEMPFAIL;
    case ERR_CLASS_NONE:
    case ERR_CLASS_STATE:
    case ERR_CLASS_INTERNAL:
        break;
    }
    return e == ERR_IO ? EX_IOERR : EX_SOFTWARE;
}
