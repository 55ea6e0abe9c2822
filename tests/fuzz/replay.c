/* SPDX-License-Identifier: MIT */
/*
 * replay CORPUS: a fuzz target without a fuzzer, as TAP.
 *
 * Gives the target every file of the folder CORPUS, whole and cut off after each of
 * its first bytes: what ends too early is what parsers get wrong most.  An input that
 * breaks the target ends the program; the last line names the file.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"

#define INPUT_MAX ((size_t)16 << 20)
#define CUTS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly @size bytes, so that a sanitizer sees a read beyond them. */
static void give(const char *text, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);

	if (!data)
		abort();
	memcpy(data, text, size);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static int replay(const char *folder, const char *name)
{
	char path[4096];
	struct error err;
	char *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)printf("# %s\n", name);
	(void)fflush(stdout);
	if (fd_read_file(path, INPUT_MAX, &text, &len, &err) < 0) {
		(void)printf("not ok - %s # %s\n", name, err.msg);
		return -1;
	}
	for (size_t cut = 0; cut < len && cut < CUTS_MAX; cut++)
		give(text, cut);
	give(text, len);
	free(text);
	(void)printf("ok - %s\n", name);
	return 0;
}

static int is_input(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **files;
	int n, bad = 0;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 64;
	}
	n = scandir(argv[1], &files, is_input, alphasort);
	if (n <= 0) {
		(void)printf("Bail out! nothing in %s\n", argv[1]);
		return EXIT_FAILURE;
	}
	(void)printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		bad += replay(argv[1], files[i]->d_name) < 0;
		free(files[i]);
	}
	free(files);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
