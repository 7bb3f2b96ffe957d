/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over every file of the folders and files named on the
 * command line, without libFuzzer, so that the corpus is a test in every build.
 * Besides each file its first half is tried, and the file with its last byte
 * turned: a decoder that trusts a length finds its end there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { REPLAY_MAX = 32 * 1024 * 1024 };

static unsigned replayed;

/* A copy of exactly len bytes, so that a sanitizer sees a read past the end. */
static void
replay_bytes(const uint8_t *bytes, size_t len, bool turn_last)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);

    if (exact == NULL)
        abort();
    if (len > 0)
        memcpy(exact, bytes, len);
    if (turn_last && len > 0)
        exact[len - 1] ^= 0xff;
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static bool
replay_file(const char *path)
{
    struct stat st;
    uint8_t *bytes = NULL;
    ssize_t got;
    bool ok = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > REPLAY_MAX)
        goto out;
    bytes = malloc((size_t)st.st_size + 1);
    if (bytes == NULL)
        goto out;
    got = read(fd, bytes, (size_t)st.st_size);
    if (got != st.st_size)
        goto out;
    replay_bytes(bytes, (size_t)got, false);
    replay_bytes(bytes, (size_t)got / 2, false);
    replay_bytes(bytes, (size_t)got, true);
    replayed++;
    ok = true;
out:
    if (!ok)
        fprintf(stderr, "%s: cannot replay\n", path);
    free(bytes);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool
replay_folder(const char *path)
{
    char file[4096];
    struct dirent *entry;
    bool ok = true;
    DIR *dir = opendir(path);

    if (dir == NULL)
        return replay_file(path);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) >= (int)sizeof(file))
            abort();
        ok = replay_file(file) && ok;
    }
    closedir(dir);
    return ok;
}

int
main(int argc, char **argv)
{
    bool ok = true;

    replay_bytes(NULL, 0, false);
    for (int i = 1; i < argc; i++)
        ok = replay_folder(argv[i]) && ok;
    printf("%u inputs replayed\n", replayed);
    if (replayed == 0)
        fprintf(stderr, "the corpus is empty\n");
    return ok && replayed > 0 ? 0 : 1;
}
