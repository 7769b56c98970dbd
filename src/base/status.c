#include "base.h"

#include <errno.h>
#include <string.h>

/* One message a thread, like errno: a failure is read by the caller that saw it, before anything else runs. */
static _Thread_local char message[STATUS_MESSAGE_MAX];

/* Names and values of hostile files stand in messages, cut anywhere: they must not break the line, steer a terminal or be no UTF-8. */
static void keep(const char *text)
{
    size_t n = 0;
    for (const char *p = text, *end = text + strlen(text); p < end;) {
        char bytes[4];
        uint32_t c = utf8_next(&p, end);
        size_t length = utf8_put(bytes, c < 0x20 || (c >= 0x7F && c < 0xA0) ? ' ' : c == 0xFFFD ? '?' : c);
        if (n + length >= sizeof message) break;
        memcpy(message + n, bytes, length);
        n += length;
    }
    message[n] = 0;
}

status fail(status code, const char *format, ...)
{
    char text[STATUS_MESSAGE_MAX];   /* the arguments may point into the old message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    keep(text);
    return code;
}

status fail_context(status code, const char *format, ...)
{
    char what[STATUS_MESSAGE_MAX / 2], text[2 * STATUS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "%s: %s", what, message);
    keep(text);
    return code;
}

status fail_nomem(const char *what)
{
    return fail(ERR_NOMEM, "out of memory while %s; free memory or use a smaller input", what);
}

status fail_errno(const char *what, const char *path)
{
    int error = errno;
    const char *advice = error == ENOENT ? "; check the path"
                       : error == EACCES || error == EPERM ? "; check the permissions"
                       : error == ENOSPC ? "; free some disk space and try again"
                       : error == EISDIR ? "; name a file" : "";
    return fail(ERR_IO, "cannot %s '%s': %s%s", what, path, strerror(error), advice);
}

status fail_interrupted(const char *what)
{
    return fail(ERR_INTERRUPTED, "interrupted while %s; what was there before is unchanged", what);
}

const char *status_message(void)
{
    return message;
}

bool progress_report(const struct progress *p, const char *stage, uint64_t done, uint64_t total, const char *note)
{
    if (!p) return true;
    if (p->update) p->update(p->context, &(struct progress_event){stage, done, total, note});
    return !(p->cancelled && p->cancelled(p->context));
}
