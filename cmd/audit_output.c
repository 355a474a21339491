/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To which files does the audit write? To none that it reads, nor twice to one: links and other
 * names are seen through by device and inode, stat(2).
 */
#include "cmd/audit_output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/command.h"
#include "report/report.h"

/* Whether both are one regular file. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether writing to the output would destroy the file; -1 with `error` filled. */
static int spares(const struct audit_output *output, const char *file, struct error *error)
{
	struct stat input, target;

	if (stat(output->path, &target) < 0 ||
		(strcmp(file, "-") == 0 ? fstat(STDIN_FILENO, &input) : stat(file, &input)) < 0 ||
		!is_same(&input, &target))
		return 0;
	return error_set(error, "'%s' is an input: it would be overwritten", output->path);
}

static int open_output(
	struct audit_output *output, const struct audit_files *inputs, struct error *error)
{
	if (strcmp(output->path, "-") == 0) {
		output->stream = stdout;
		return 0;
	}
	for (size_t i = 0; i < inputs->count; i++)
		if (spares(output, inputs->paths[i], error) < 0)
			return -1;
	output->stream = fopen(output->path, "we");
	if (output->stream)
		return 0;
	return error_set(error, "cannot create '%s': %s", output->path, strerror(errno));
}

/* Whether both write to one file, whatever they call it. */
static bool collide(const struct audit_output *a, const struct audit_output *b)
{
	struct stat status, other;

	if (!a->stream || !b->stream || a->stream == b->stream)
		return a->stream && a->stream == b->stream;
	return fstat(fileno(a->stream), &status) == 0 && fstat(fileno(b->stream), &other) == 0 &&
	       is_same(&status, &other);
}

/* Whether no file is written twice; -1 with `error` filled. */
static int check_apart(const struct audit_output *outputs, bool quiet, struct error *error)
{
	for (size_t i = 0; i < AUDIT_OUTPUTS; i++) {
		for (size_t k = quiet ? AUDIT_SNAPSHOT : AUDIT_REPORT; k < i; k++)
			if (collide(&outputs[k], &outputs[i]))
				return error_set(error, "%s and %s would both write to '%s'",
					outputs[k].path ? outputs[k].option : "the report",
					outputs[i].option, outputs[i].path);
	}
	return 0;
}

int audit_open_outputs(struct audit_output *outputs, const struct audit_files *inputs, bool *quiet,
	struct error *error)
{
	bool taken = false;

	for (size_t i = 0; i < AUDIT_OUTPUTS; i++) {
		if (outputs[i].path && open_output(&outputs[i], inputs, error) < 0)
			return -1;
		taken |= outputs[i].stream == stdout;
	}
	if (!outputs[AUDIT_REPORT].path) {
		outputs[AUDIT_REPORT].stream = stdout;
		*quiet |= taken;
	}
	return check_apart(outputs, *quiet, error);
}

int audit_fail_output(struct audit_output *output)
{
	output->error = errno;
	return STATUS_UNABLE;
}

/* Closes it.  Returns 0, or 2 if not all of it was written, which is told. */
static int close_output(struct audit_output *output)
{
	bool failed = ferror(output->stream);

	errno = 0;
	failed |= fclose(output->stream) != 0;
	output->stream = NULL;
	if (errno == 0)
		errno = output->error;
	if (!failed)
		return 0;
	return command_fail("cannot write '%s': %s", output->path,
		errno ? strerror(errno) : "a part of it is missing");
}

int audit_close_outputs(struct audit_output *outputs, int status)
{
	for (size_t i = 0; i < AUDIT_OUTPUTS; i++)
		if (outputs[i].stream && outputs[i].stream != stdout &&
			close_output(&outputs[i]) != 0)
			status = STATUS_UNABLE;
	return status;
}
