/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - see docs/formats/audit.md for the operations. */
#include "scribe/notice.h"

#include "base/clock.h"
#include "codec/isotime.h"
#include "codec/jsw.h"
#include "scribe/record.h"

void
notice_put(const char *operation, const char *text, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    char time[ISOTIME_MAX];

    isotime_put_100ns(clock_now_100ns(), time);
    jsw_object(&w, NULL);
    jsw_str(&w, "time", time);
    jsw_str(&w, "category", RECORD_NOTICE);
    jsw_str(&w, "operationName", operation);
    jsw_str(&w, "resultDescription", text);
    jsw_end(&w);
}
