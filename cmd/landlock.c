/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a process loses what it can reach by name, without any right and on itself alone: a Landlock
 * ruleset that handles all that the running kernel can handle, and allows next to nothing of it.
 * See landlock(7) and Documentation/userspace-api/landlock.rst, "Compatibility".
 */
#include "cmd/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(n) (UINT64_C(1) << (n))
#define BITS(n) (BIT(n) - 1)

/* Newer than the headers of Debian 12, which are those of Linux 6.1. */
#define FS_TRUNCATE BIT(14)

/* As struct landlock_ruleset_attr, whose members came one after the other. */
struct ruleset {
	uint64_t files;  /* access to files, from version 1 on */
	uint64_t tcp;    /* bind and connect, from version 4 on */
	uint64_t scopes; /* abstract UNIX sockets and signals, from version 6 on */
};

/* What the kernel takes, by its version; one that it does not know is EINVAL. */
static const struct {
	int version;
	struct ruleset handled;
} versions[] = {
	{ 1, { BITS(13), 0, 0 } },
	{ 2, { BITS(14), 0, 0 } },
	{ 3, { BITS(15), 0, 0 } },
	{ 4, { BITS(15), BITS(2), 0 } },
	{ 5, { BITS(16), BITS(2), 0 } },
	{ 6, { BITS(16), BITS(2), BITS(2) } },
};

int landlock_version(void)
{
	long version = syscall(
		SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

static struct ruleset all_of(int version)
{
	struct ruleset handled = { 0 };

	for (unsigned i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (version >= versions[i].version)
			handled = versions[i].handled;
	return handled;
}

/* What is not handled cannot be allowed either. */
static int allow(int ruleset, int directory, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = handled & (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE |
						    LANDLOCK_ACCESS_FS_MAKE_REG |
						    LANDLOCK_ACCESS_FS_REMOVE_FILE),
		.parent_fd = directory,
	};

	if (directory < 0)
		return 0;
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int landlock_confine(int directory, struct error *error)
{
	struct ruleset handled = all_of(landlock_version());
	int ruleset, status = 0;

	if (!handled.files)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (ruleset < 0 || allow(ruleset, directory, handled.files) < 0 ||
		syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		status = error_set(error, "cannot confine itself by Landlock: %s", strerror(errno));
	if (ruleset >= 0)
		close(ruleset);
	return status;
}
