/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a fuzz target once over each file named on the command line, where libFuzzer is not there
 * to do it. A crash or a sanitizer report ends the program, so exit status 0 means all survived. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size;
	int rc = -1;

	if (!file)
		goto out;
	if (fseek(file, 0, SEEK_END) < 0 || (size = ftell(file)) < 0 ||
		fseek(file, 0, SEEK_SET) < 0)
		goto out;
	/* Exactly as large as the input, so that the address sanitizer sees a read past its end. */
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
		goto out;
	LLVMFuzzerTestOneInput(data, (size_t)size);
	rc = 0;
out:
	if (rc < 0)
		perror(path);
	free(data);
	if (file)
		fclose(file);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = 0;

	for (int i = 1; i < argc; i++)
		if (replay(argv[i]) < 0)
			rc = 1;
	return rc;
}
