/* SPDX-License-Identifier: Apache-2.0 */
/* notice.h - records in which the scribe itself says what happened to the log. */
#ifndef SCRIBE_NOTICE_H
#define SCRIBE_NOTICE_H

#include "base/buf.h"

enum { NOTICE_MAX = 2048 };

/* One record of the category "Notice"; text is public. */
void notice_put(const char *operation, const char *text, struct buf *out);

#endif /* SCRIBE_NOTICE_H */
