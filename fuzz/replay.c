/* Every file of the kept corpus, through the function that found or reached something with it. usage: replay_TARGET FILE_OR_DIRECTORY... */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1 << 24 };
static size_t n_files;

static void replay_file(const char *path)
{
    char *text;
    size_t n;
    if (file_read(path, INPUT_MAX, &text, &n) != OK) {
        fprintf(stderr, "%s\n", status_message());
        exit(1);
    }
    uint8_t *exact = malloc(n ? n : 1);   /* no NUL behind it: a byte too far is seen */
    PROMISE(exact);
    memcpy(exact, text, n);
    mem_free(text);
    fprintf(stderr, "%s\n", path);        /* the last one named is the one that failed */
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    n_files++;
}

static void replay(const char *path)
{
    DIR *d = opendir(path);
    if (!d) {
        replay_file(path);
        return;
    }
    for (const struct dirent *e; (e = readdir(d));) {
        struct strbuf inner = {0};
        if (e->d_name[0] == '.') continue;
        strbuf_printf(&inner, "%s/%s", path, e->d_name);
        replay_file(strbuf_str(&inner));
        strbuf_release(&inner);
    }
    closedir(d);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) replay(argv[i]);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("%zu files replayed\n", n_files);
    return n_files > 0 ? 0 : 1;
}
