/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Fuzz targets and their replay.
 *
 * A target is tests/fuzz/fuzz_NAME.c with one function, LLVMFuzzerTestOneInput, that
 * calls the code under test, checks what must hold for every input with FUZZ_CHECK
 * (fuzz.h), and returns 0.  It is built twice from stanzas in Makefile.am that look like
 * those of the other targets:
 *
 *   tests/fuzz/replay_NAME   always: the target with this file, which feeds it every file
 *                            of tests/fuzz/corpus/NAME/ in `make check`.  Files named as
 *                            arguments are replayed instead: a finding, say.
 *   tests/fuzz/fuzz_NAME     with --enable-fuzzers: the target with libFuzzer.
 *
 * To fuzz, in a build folder of its own:
 *
 *   ../configure --enable-fuzzers CC=clang && make -j2 fuzzers
 *   mkdir new && tests/fuzz/fuzz_NAME -max_total_time=600 new ../tests/fuzz/corpus/NAME
 *
 * and to keep what it learned, smallest first, as the new corpus:
 *
 *   mkdir small && tests/fuzz/fuzz_NAME -merge=1 small new ../tests/fuzz/corpus/NAME
 *
 * Keep a corpus below 100 files of less than 4 KiB.  A finding stays in it for ever,
 * under a name that says what it was.
 */

#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int replay(const char *path)
{
    size_t size = 0, room = 1 << 20;
    uint8_t *bytes = malloc(room), *exact;
    FILE *file = fopen(path, "rb");

    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "could not read %s\n", path);
        return 1;
    }
    size = fread(bytes, 1, room, file);
    fclose(file);
    /* A block of the very size lets AddressSanitizer and valgrind see one byte too far.
     */
    exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, bytes, size);
    free(bytes);
    fprintf(stderr, "%s\n", path); /* the last line names the file where it crashes */
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

static int replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort), failed = 0, replayed = 0;

    for (int i = 0; i < count; i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            failed |= replay(path);
            replayed++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    printf("%s: %d inputs replayed\n", FUZZ_TARGET, replayed);
    return failed != 0 || replayed == 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc == 1)
        return replay_folder(SRCDIR "/tests/fuzz/corpus/" FUZZ_TARGET);
    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    return failed;
}
